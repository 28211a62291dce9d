# SPDX-License-Identifier: GPL-2.0
"""Runs tests of which most are to fail, and compares how each ended with a table."""

from pathlib import Path

from guest import run_tests
from lab import Kernel
from tests import Test
from topology import Topology

# For each test, in order: its outcome, and what the report must say.
Table = dict[str, tuple[str, str]]


def expect(
    kernel: Kernel, topology: Topology, tests: list[Test], image: Path, log: Path, table: Table
) -> int:
    """Returns how many tests ended otherwise, and prints how each ended."""
    wrong = 0
    found = []
    for result in run_tests(kernel, topology, tests, image, log):
        found.append(result.name)
        outcome, text = table.get(result.name, ("not expected at all", ""))
        said = "\n".join(result.details)
        good = result.outcome == outcome and text in said
        wrong += not good
        print("ok" if good else "WRONG", result.name, result.outcome, f"{result.seconds:.1f} s")
        print(f"  {text or 'nothing reported'}" if good else said, flush=True)
    if found != list(table):
        wrong += 1
        print(f"not every test has one result, in order: {' '.join(found)}")
    return wrong
