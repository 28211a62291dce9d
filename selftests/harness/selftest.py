# SPDX-License-Identifier: GPL-2.0
"""Tests the harness: runs guest tests that go wrong in known ways."""

import sys
from pathlib import Path

from guest import run_tests
from image import build_image
from lab import LAB, SRC, load_kernels
from tests import load_tests
from topology import load_topologies

# For each test of selftest/: how it must end, and what the report must say.
EXPECTED = {
    "a_passes": ("ok", ""),
    "b_fails": ("failed", "1 of 2 assertions failed"),
    "c_ends_early": ("failed", "the plan says"),
    "d_skips": ("skipped", "nothing to test"),
    "e_warns": ("failed", "WARNING: CPU: 0 PID: 1 at nowhere"),
    "f_leaves": ("failed", "override pci-stub"),
    "g_hangs": ("failed", "not done in 3 s"),
    "h_crashes": ("failed", "sysrq triggered crash"),
    "i_passes_at_last": ("ok", ""),
    "j_ends_machine": ("ok", ""),
    "k_ends_otherwise": ("failed", "the kernel did not end with 'reboot: Power down'"),
}


def main() -> int:
    """Runs them in one kernel, and compares."""
    folder = Path(__file__).parent / "selftest"
    logs = LAB / f"logs/harness-{SRC.stat().st_ino}"
    logs.mkdir(parents=True, exist_ok=True)
    kernel = next(k for k in load_kernels() if k.suite == "trixie")
    image = logs / "image.cpio"
    build_image(kernel, folder, image)
    bare = load_topologies()["bare"]
    results = list(run_tests(kernel, bare, load_tests(folder), image, logs / "guest"))
    image.unlink()

    wrong = 0
    for result in results:
        outcome, text = EXPECTED[result.name]
        said = "\n".join(result.details)
        good = result.outcome == outcome and text in said
        wrong += not good
        print("ok" if good else "WRONG", result.name, result.outcome, f"{result.seconds:.1f} s")
        if not good:
            print(said)
    if [result.name for result in results] != list(EXPECTED):
        wrong += 1
        print("not every test has one result, in order")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
