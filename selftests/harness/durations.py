# SPDX-License-Identifier: GPL-2.0
"""How long things took the last time, by which the longest begins first."""

import fcntl
import json
from pathlib import Path

from lab import LAB

FILE = LAB / "build/durations.json"
# Of what has never run: among the first, as it may be long.
UNKNOWN = 120.0


class Durations:
    """Seconds by name. Shared by all checkouts, since they differ little."""

    def __init__(self, file: Path = FILE):
        self.file = file
        try:
            self.known: dict[str, float] = json.loads(file.read_text())
        except (OSError, ValueError):
            self.known = {}
        self.new: dict[str, float] = {}

    def of(self, name: str) -> float:
        """How long it took."""
        return self.known.get(name, UNKNOWN)

    def note(self, name: str, seconds: float) -> None:
        """How long it took this time."""
        self.new[name] = round(seconds, 1)

    def save(self) -> None:
        """Adds what is new."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        with self.file.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            merged = {**Durations(self.file).known, **self.new}
            partial = self.file.with_suffix(".partial")
            partial.write_text(json.dumps(merged, indent=0, sort_keys=True))
            partial.rename(self.file)
