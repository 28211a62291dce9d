# SPDX-License-Identifier: GPL-2.0
"""The lab as seen from inside: its kernels, and commands in its other roots."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

LAB = Path("/lab")
SRC = Path("/src")


@dataclass(frozen=True)
class Kernel:
    """A stock kernel of the lab."""

    suite: str
    abi: str
    kdir: Path

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
        """Where our module is built for it: another place for each checkout, which may
        be used side by side."""
        return LAB / "build" / f"checkout-{SRC.stat().st_ino}" / self.abi


def lab(*args: str) -> str:
    """Asks scripts/lab."""
    done = subprocess.run(
        [SRC / "scripts/lab", *args], check=True, text=True, stdout=subprocess.PIPE
    )
    return done.stdout


def load_kernels() -> list[Kernel]:
    """Every prepared kernel."""
    pairs = [line.split() for line in lab("kernels").splitlines()]
    return [Kernel(suite, abi, Path(lab("kdir", abi).strip())) for suite, abi in pairs]


def command_in(suite: str, command: list[str]) -> list[str]:
    """The command line that runs a command in a suite's root."""
    if suite == "trixie":  # where the harness runs
        return command
    return [str(SRC / "scripts/lab"), "run", "--suite", suite, "--", *command]
