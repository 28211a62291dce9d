# SPDX-License-Identifier: GPL-2.0
"""What is tested without a guest: one script each in checks/."""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from guest import Result
from lab import LAB, Kernel, command_in
from report import Report
from topology import SELFTESTS

FOLDER = SELFTESTS / "checks"
BUILD = "build"
LIMIT = 600


@dataclass(frozen=True)
class Check:
    """A script of checks/, for a kernel or for none."""

    name: str
    kernel: Kernel | None

    @property
    def prefix(self) -> str:
        """What stands before the name in reports."""
        return self.kernel.short if self.kernel else "host"


def builds(kernels: list[Kernel]) -> list[Check]:
    """The module's build for each kernel, which all else waits for."""
    return [Check(BUILD, kernel) for kernel in kernels]


def plan(kernels: list[Kernel], sanitizers: bool) -> list[Check]:
    """All others: those that say "# for: sanitizers", or for stock kernels the rest. With
    "# for: kernel" or "# for: sanitizers" in its header a script runs for each kernel."""
    found: list[Check] = []
    for path in sorted(FOLDER.glob("*.sh")):
        header = re.search(r"^# for: (\w+)$", path.read_text(), re.MULTILINE)
        kind = header.group(1) if header else "host"
        if path.stem == BUILD or (kind == "sanitizers") != sanitizers:
            continue
        if kind == "host":
            found.append(Check(path.stem, None))
        else:
            found += [Check(path.stem, kernel) for kernel in kernels]
    return found


def run(report: Report, check: Check, logs: Path) -> None:
    """Runs one, in its kernel's root, and reports."""
    kernel = check.kernel
    script = ["env", f"LAB={LAB}"]
    if kernel:
        script += [f"ABI={kernel.abi}", f"KDIR={kernel.kdir}", f"OUT={kernel.out}"]
        script += kernel.make_variables
    script += ["bash", str(FOLDER / f"{check.name}.sh")]
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
    report.add(check.prefix, result)
