# SPDX-License-Identifier: GPL-2.0
"""Tests the harness: runs guest tests that go wrong in known ways."""

import subprocess
import sys
from pathlib import Path

from expect import expect
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


def shell_answers() -> bool:
    """Whether --shell gives a prompt that takes commands, with the functions of lib.sh, and ends."""
    command = [sys.executable, "-B", str(Path(__file__).parent), "--shell", "bare"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
        assert run.stdout
        said = b""
        while b"bare# " not in said and (more := run.stdout.read1()):
            said += more
        said += run.communicate(b"is sum $((6 * 7)) 42; exit\n")[0]
    good = b"ok 1 - sum" in said and run.returncode == 0
    print("ok" if good else f"WRONG: {said.decode(errors='replace')}", "--shell")
    return good


def main() -> int:
    """Runs them in one kernel, and compares."""
    directory = Path(__file__).parent / "selftest"
    logs = LAB / f"logs/harness-{SRC.stat().st_ino}"
    logs.mkdir(parents=True, exist_ok=True)
    kernel = next(k for k in load_kernels() if k.suite == "trixie")
    image = logs / "image.cpio"
    build_image(kernel, directory, image)
    bare = load_topologies()["bare"]
    wrong = expect(kernel, bare, load_tests(directory), image, logs / "guest", EXPECTED)
    image.unlink()
    wrong += not shell_answers()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
