# SPDX-License-Identifier: GPL-2.0
"""The guest tests, and what their headers say."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import header
from mistakes import Mistake, raise_all
from topology import Topology

EVERY = "every"
TIMEOUT = 120
YES = header.one_of("yes", "no")
# What tests are about, in the order in which --list has them.
AREAS = {
    "claim": "a card is claimed, held and released",
    "choose": "which cards: ids=, devices=, driver_override",
    "rom": "what is captured, and what the kernel and guests then see",
    "arbiter": "legacy VGA and /dev/vga_arbiter",
    "move": "hand-off and reclaim",
    "group": "several functions at once",
    "power": "sleep, resets, the machine's end, other kernels",
    "faults": "cards that go or fail, no memory, abuse, races",
    "clients": "programs of others",
    "command": "vga-stub, the command",
    "other": "the rest",
}
# The keys of a header that are there or not.
FLAGS = ("fresh", "unchanged", "smoke", "once", "last", "replugs")
# What is no test in a directory of tests.
LIBRARY = "lib.sh"


@dataclass(frozen=True)
class Test:
    """One file of tests/, or of the harness's own."""

    name: str
    path: Path
    sentence: str  # what it asserts
    area: str
    topologies: tuple[str, ...]
    limit: int  # in seconds
    fresh: bool
    unchanged: bool  # leaves the machine as it was
    smoke: bool
    once: bool
    last: bool
    replugs: bool
    sanitizers: str  # "yes", "no", "only": whether it is for the sanitizer kernel

    def runs_on(self, topology: Topology) -> bool:
        """Whether it is for this machine."""
        # What starts with Secure Boot is made by packages/, not for these tests.
        every = EVERY in self.topologies and topology.firmware != "secureboot"
        return every or topology.name in self.topologies


def keys(machines: Collection[str]) -> dict:
    """What the header of a test may say, and which values it takes."""
    return {
        "topology": header.some_of("machine", [*machines, EVERY]),
        "area": header.one_of(*AREAS),
        "timeout": header.seconds,
        "lasts": header.seconds,
        **dict.fromkeys(FLAGS, YES),
        "sanitizers": header.one_of("yes", "no", "only"),
    }


def load_tests(directory: Path, machines: Collection[str] | None = None) -> list[Test]:
    """Every test of a directory, by name, but for those that come first or last in a boot. With
    `machines` each has to name one of them; without, it runs where its caller says."""
    found: list[str] = []
    paths = [path for path in directory.glob("*.sh") if path.name != LIBRARY]
    tests = [_test(path, machines, found) for path in sorted(paths)]
    raise_all(found)
    return sorted(tests, key=_order)


def _order(test: Test) -> tuple:
    # Two that want a fresh machine share a boot if the first leaves it so.
    return (not test.fresh, not test.unchanged, test.last, test.name)


def limits(tests: list[Test]) -> str:
    """What guest/init has to know of each test, a line for each: the name, the seconds that it
    has, and whether other devices than before are there afterwards."""
    return "".join(f"{t.name} {t.limit} {'replugs' if t.replugs else '-'}\n" for t in tests)


def _test(path: Path, machines: Collection[str] | None, found: list[str]) -> Test:
    known = keys(machines or ())
    if machines is None:
        known["topology"] = str
    head = header.read(path, known, found)
    said = head.keys
    where = f"{path.parent.name}/{path.name}"
    if machines is not None and "topology" not in said:
        found.append(f"{where}: no machine to run on; '# topology: NAME' says which")
    if machines is not None and not head.sentence:
        found.append(f"{where}: the header does not say what is asserted")
    return Test(
        name=path.stem,
        path=path,
        sentence=head.sentence,
        area=said.get("area", "other"),
        topologies=tuple(said.get("topology", "").split()),
        limit=int(said.get("timeout", TIMEOUT)) + _lasts(said),
        **{key: said.get(key) == "yes" for key in FLAGS},
        sanitizers=said.get("sanitizers", "yes"),
    )


def _lasts(said: dict[str, str]) -> int:
    """How long the test goes on by its own will: what its header says, or what the user says."""
    if "lasts" not in said:
        return 0
    try:
        return header.seconds(os.environ.get("DURATION", said["lasts"]))
    except ValueError as error:
        raise Mistake(f"DURATION is '{os.environ['DURATION']}': {error}") from error
