# SPDX-License-Identifier: GPL-2.0
"""How one test or check went."""

from dataclasses import dataclass, field


@dataclass
class Result:
    """An outcome, and what there is to say of it."""

    name: str
    outcome: str = "ok"  # or "failed", "skipped"
    seconds: float = 0.0
    details: list[str] = field(default_factory=list)

    def fail(self, *reasons: str) -> None:
        """Notes why it failed."""
        self.outcome = "failed"
        self.details.extend(reasons)
