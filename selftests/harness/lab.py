# SPDX-License-Identifier: GPL-2.0
"""The lab as seen from inside: its kernels, and commands in its other roots."""

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from mistakes import Mistake

LAB = Path("/lab")
SRC = Path("/src")
# What is built from this checkout: another place for each, since several may be used side by side.
WORK = LAB / "build" / f"checkout-{SRC.stat().st_ino if SRC.exists() else 0}"


@dataclass(frozen=True)
class Kernel:
    """A stock kernel of the lab, or the sanitizer kernel."""

    suite: str
    abi: str
    kdir: Path
    sanitizers: bool = False

    @property
    def slow(self) -> int:
        """How many times longer than on a stock kernel things may take."""
        return 5 if self.sanitizers else 1

    @property
    def make_variables(self) -> list[str]:
        """What make has to know to build a module for it."""
        return ["LLVM=1"] if self.sanitizers else []

    @property
    def short(self) -> str:
        """The version, as test names have it."""
        return self.abi.partition("+")[0]

    @property
    def release(self) -> Path:
        """Where its modules and its image are."""
        return self.kdir.parent / "usr/lib/modules" / self.abi

    @property
    def image(self) -> Path:
        """What boots. New kernels come without a signature at first."""
        signed = self.release / "vmlinuz"
        return signed if signed.exists() else self.release / "vmlinuz.unsigned"

    @property
    def out(self) -> Path:
        """Where our module is built for it."""
        return WORK / self.abi


def lab(*args: str) -> str:
    """Asks scripts/lab."""
    done = subprocess.run(
        [SRC / "scripts/lab", *args], check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout


def load_kernels(sanitizers: bool = False) -> list[Kernel]:
    """Every prepared stock kernel, or the sanitizer kernel."""
    listing = lab("kernels", *["--san"] * sanitizers)
    pairs = [line.split() for line in listing.splitlines()]
    return [
        Kernel(suite, abi, Path(lab("kdir", abi).strip()), sanitizers) for suite, abi in pairs
    ]


def command_in(suite: str, command: list[str]) -> list[str]:
    """The command line that runs a command in a suite's root."""
    if suite == "trixie":  # where the harness runs
        return command
    return [str(SRC / "scripts/lab"), "run", "--suite", suite, "--", *command]


def open_kvm() -> None:
    """Has /dev/kvm in the lab, which has few devices of its own."""
    device = Path("/dev/kvm")
    if not device.exists():
        # Documentation/admin-guide/devices.txt: misc, 232
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(10, 232))
    try:
        device.open("rb").close()
    except OSError as error:
        raise Mistake(f"--accel kvm: this machine has no KVM ({error.strerror}: {device})") from error
