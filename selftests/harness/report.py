# SPDX-License-Identifier: GPL-2.0
"""One line of TAP for each test, details of failures, and the sum."""

import os
import resource
import threading
import time
from pathlib import Path

from result import Result


class Report:
    """Numbers and prints results as they come, from any thread."""

    def __init__(self, planned: int):
        self.planned = planned
        self.counts = {"ok": 0, "failed": 0, "skipped": 0}
        # Of what was asked for: a build by itself is no test.
        self.tested = False
        self.failures: list[str] = []
        self.lock = threading.Lock()
        self.start = time.monotonic()

    def begin(self) -> None:
        """Prints the plan."""
        print("TAP version 13", f"1..{self.planned}", sep="\n", flush=True)

    def add(self, prefix: str, result: Result, is_test: bool = True) -> None:
        """Counts and prints one result."""
        with self.lock:
            self.tested |= is_test and result.outcome != "skipped"
            self.counts[result.outcome] += 1
            number = sum(self.counts.values())
            word = "not ok" if result.outcome == "failed" else "ok"
            line = f"{word} {number} - {prefix} {result.name} ({result.seconds:.1f} s)"
            if result.outcome == "skipped":
                line += f" # SKIP {' '.join(result.details)}"
            print(line)
            if result.outcome == "failed":
                self.failures.append(f"{prefix} {result.name}")
                for detail in result.details:
                    print(f"#   {detail}")
            print(end="", flush=True)

    def end(self, logs: Path) -> int:
        """Prints the sum, and returns the exit status: 0 only if something was tested, nothing
        failed and each test of the plan has a result."""
        for name in self.failures:
            print(f"# failed: {name}")
        missing = self.planned - sum(self.counts.values())
        if missing:
            self.counts["failed"] += missing
            print(f"# {missing} tests of the plan have no result: a fault of the harness")
        if not self.tested:
            print("# no test ran")
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        processors = f"{used.ru_utime + used.ru_stime:.0f} s of {os.cpu_count()} processors' time"
        print(f"# {time.monotonic() - self.start:.0f} s, {processors}, logs: {logs}")
        print(
            f"{self.counts['ok']} passed, {self.counts['failed']} failed,"
            f" {self.counts['skipped']} skipped",
            flush=True,
        )
        return 0 if self.tested and not self.counts["failed"] else 1
