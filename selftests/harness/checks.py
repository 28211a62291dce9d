# SPDX-License-Identifier: GPL-2.0
"""What is tested without a guest: one script each in checks/."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import header
from lab import LAB, WORK, Kernel, command_in
from mistakes import raise_all
from report import Report
from result import Result
from topology import SELFTESTS

DIRECTORY = SELFTESTS / "checks"
# The module's build for a kernel, which all else waits for.
BUILD = "build"
LIMIT = 1200
# What a script runs for: once; once, and in "make check" without the lab; there alone; each stock
# kernel; each of the main suite's; the sanitizer kernel.
HOST, ANYWHERE, OUTSIDE = "host", "anywhere", "outside"
STOCK, MAIN, SANITIZERS = "kernel", "main", "sanitizers"
# What the user says to checks that want to be told.
PASSED_ON = ("FUZZ_SECONDS", "RECORD")
KINDS = (HOST, ANYWHERE, OUTSIDE, STOCK, MAIN, SANITIZERS)
KEYS = {"for": header.one_of(*KINDS)}


@dataclass(frozen=True)
class Script:
    """One file of checks/."""

    name: str
    sentence: str  # what it finds out
    kind: str


@dataclass(frozen=True)
class Check:
    """A script of checks/, for a kernel or for none."""

    name: str
    kernel: Kernel | None
    independent: bool = False  # of what is built for a kernel

    @property
    def prefix(self) -> str:
        """What stands before the name in reports."""
        return self.kernel.short if self.kernel else "host"


def load_scripts(directory: Path = DIRECTORY) -> list[Script]:
    """Every script of checks/."""
    found: list[str] = []
    scripts = []
    for path in sorted(directory.glob("*.sh")):
        head = header.read(path, KEYS, found)
        if not head.sentence:
            found.append(f"{directory.name}/{path.name}: the header does not say what is found out")
        scripts.append(Script(path.stem, head.sentence, head.keys.get("for", HOST)))
    raise_all(found)
    return scripts


def run(report: Report, check: Check, logs: Path, is_test: bool = True) -> None:
    """Runs one, in its kernel's root, and reports. What only the others need is no test."""
    kernel = check.kernel
    script = ["env", f"LAB={LAB}", f"WORK={WORK}"]
    script += [f"{name}={os.environ[name]}" for name in PASSED_ON if name in os.environ]
    if kernel:
        script += [f"ABI={kernel.abi}", f"KDIR={kernel.kdir}", f"OUT={kernel.out}"]
        script += kernel.make_variables
    script += ["bash", str(DIRECTORY / f"{check.name}.sh")]
    command = command_in(kernel.suite if kernel else "trixie", script)
    log = logs / f"{check.prefix}-{check.name}.log"
    limit = LIMIT * (kernel.slow if kernel else 1)
    start = time.monotonic()
    result = Result(check.name)
    with log.open("w") as out:
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=limit
            )
            status = done.returncode
        except subprocess.TimeoutExpired:
            status = -1
            out.write(f"not done in {limit} s\n")
    result.seconds = time.monotonic() - start
    lines = log.read_text(errors="replace").splitlines()
    if status == 4:
        result.outcome = "skipped"
        result.details = lines[-1:]
    elif status != 0:
        result.fail(f"exit status {status}", *lines)
    report.add(check.prefix, result, is_test)
