# SPDX-License-Identifier: GPL-2.0
"""Proves that each sanitizer tells: plants bugs in a copy of the module, and expects reports."""

import dataclasses
import shutil
import subprocess
import sys
from pathlib import Path

from expect import expect
from image import build_image
from lab import LAB, SRC, Kernel, load_kernels
from tests import load_tests
from topology import SELFTESTS, load_topologies

DIRECTORY = SELFTESTS / "plants"
# Where the call goes: in the driver's probe, where nothing is locked but the device.
ANCHOR = "        hold::quiet(pdev);\n        if owned_legacy {\n"
CALL = "        plant(pdev);\n"

# For each test of plants/, and for the one that comes last: how it must end, and what the
# report must say.
EXPECTED = {
    "a_none": ("ok", ""),
    "atomic_sleep": ("failed", "BUG: sleeping function called from invalid context"),
    "inversion": ("failed", "possible circular locking dependency detected"),
    "live_object": ("failed", "ODEBUG: free active"),
    "out_of_bounds": ("failed", "KASAN: slab-out-of-bounds"),
    "use_after_free": ("failed", "KASAN: slab-use-after-free"),
    "z_leak": ("ok", ""),
    "leaks": ("failed", "unreferenced object"),
}


@dataclasses.dataclass(frozen=True)
class Planted(Kernel):
    """The sanitizer kernel, with another place for the module."""

    @property
    def out(self) -> Path:
        """Where the copy is built."""
        return super().out.with_name(f"{self.abi}-planted")


def plant(kernel: Kernel, copy: Path) -> None:
    """Copies the module's source, plants the bugs, and builds it."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in ("Kbuild", "Makefile"):
        shutil.copy(SRC / name, copy)
    for name in ("rust", "scripts"):
        shutil.copytree(SRC / name, copy / name, ignore=shutil.ignore_patterns("target"))
    driver = copy / "rust/module/driver.rs"
    text = driver.read_text()
    if text.count(ANCHOR) != 1:
        raise SystemExit(f"{driver.relative_to(copy)} has no one place to plant bugs at")
    bugs = (DIRECTORY / "plants.rs").read_text()
    driver.write_text(text.replace(ANCHOR, CALL + ANCHOR) + "\n" + bugs)
    command = ["make", "-C", copy, f"KDIR={kernel.kdir}", f"BUILD={kernel.out}"]
    subprocess.run([*command, *kernel.make_variables], check=True)


def main() -> int:
    """Runs each bug in a kernel, and compares."""
    [kernel] = [
        Planted(**dataclasses.asdict(kernel)) for kernel in load_kernels(sanitizers=True)
    ]
    logs = LAB / "logs/plants"
    logs.mkdir(parents=True, exist_ok=True)
    copy = kernel.out.with_name("planted")
    plant(kernel, copy)
    image = logs / "image.cpio"
    build_image(kernel, DIRECTORY, image)
    last = [test for test in load_tests(SELFTESTS / "tests") if test.last]
    tests = [*load_tests(DIRECTORY), *last]
    topology = load_topologies()["plugin"]

    wrong = expect(kernel, topology, tests, image, logs / "guest", EXPECTED)
    image.unlink()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
