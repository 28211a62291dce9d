# SPDX-License-Identifier: GPL-2.0
"""What a guest can ask of the machine it runs on: see ask() in tests/lib/harness.sh.

A question is a line "#:ask NUMBER WORDS" on the guest's TAP port. The answer is a file
of that number in a directory that the guest mounts.
"""

import re
import threading
import traceback
from pathlib import Path

import qmp
import screen


class Host:
    """Answers one guest."""

    def __init__(self, answers: Path, monitor: Path, trace: Path):
        self.answers = answers
        self.monitor = monitor
        self.trace = trace
        self.traced = 0
        self.cycles = 0
        self.screens: dict[str, screen.Screen] = {}

    def answer(self, line: str) -> None:
        """Answers the line; what goes wrong is an answer, too, that no test expects."""
        _, number, *words = line.split()
        try:
            if words[0] == "picture":
                text = self._picture(*words[1:])
            elif words[0] == "config-writes":
                text = self._config_writes()
            elif words[0] == "monitor":
                arguments = dict(word.split("=", 1) for word in words[2:])
                text = str(qmp.execute(self.monitor, words[1], **arguments))
            elif words[0] == "human":
                command = {"command-line": " ".join(words[1:])}
                text = str(qmp.execute(self.monitor, "human-monitor-command", **command))
            elif words[0] == "power-cycle":
                qmp.stay_when_off(self.monitor)
                threading.Thread(target=self._switch_on, daemon=True).start()
                text = "ok"
            elif words[0] == "power-cycles":
                text = str(self.cycles)
            elif words[0] == "config-accesses":
                text = self._config_accesses(words[1])
            else:
                text = f"what is {words}?"
        except Exception:
            text = traceback.format_exc()
        partial = self.answers / f"{number}.partial"
        partial.write_text(text + "\n")
        partial.rename(self.answers / number)

    def _switch_on(self) -> None:
        qmp.switch_on(self.monitor)
        self.cycles += 1

    def _picture(self, name: str, device: str) -> str:
        """Saves the screen of a card as NAME.png, and says how many pixels are not as in
        its picture before, if there is one, and what text is on it."""
        now = screen.take(self.monitor, device, self.answers / f"{name}.png")
        before = self.screens.get(device)
        self.screens[device] = now
        changed = f"changed: {now.differing(before)}" if before is not None else "the first picture"
        return "\n".join([changed, *now.text()])

    def _lines(self) -> list[str]:
        """What was traced since the question before."""
        with self.trace.open(errors="replace") as trace:
            trace.seek(self.traced)
            lines = trace.readlines()
            self.traced = trace.tell()
        return lines

    def _config_accesses(self, device: str) -> str:
        """How often a device's configuration was read and written, on topologies that count."""
        found = [re.match(r"pci_cfg_(read|write) \S+ (\S+) @(\S+)", line) for line in self._lines()]
        own = [access for access in found if access and access.group(2) == device]
        return str(len(own)) + "".join(f" {access.group(1)[0]}{access.group(3)}" for access in own)

    def _config_writes(self) -> str:
        """Which devices' configuration was written to since the question before, and where."""
        lines = self._lines()
        found = [re.match(r"pci_cfg_write \S+ (\S+) @(\S+) <- (\S+)", line) for line in lines]
        return "\n".join(" ".join(write.groups()) for write in found if write)
