# SPDX-License-Identifier: GPL-2.0
"""The machines of topologies.toml, and the tests that name them."""

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

SELFTESTS = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Topology:
    """One machine, as QEMU and the guest's init want it."""

    name: str
    machine: str
    firmware: str
    devices: tuple[str, ...]
    append: str
    processors: int
    memory: int
    cards: dict[str, str]
    roms: dict[str, str]
    modules: tuple[str, ...]
    asks: bool
    initramfs: str
    hypervisor: str
    counts: bool
    globals: tuple[str, ...]
    options: str
    disk: int
    sanitizers: bool


@dataclass(frozen=True)
class Test:
    """One file of tests/, or of the harness's own."""

    name: str
    path: Path
    topologies: tuple[str, ...]
    limit: int
    fresh: bool
    smoke: bool
    once: bool
    last: bool
    sanitizers: str  # "yes", "no", "only": whether it is for the sanitizer kernel

    def runs_on(self, topology: Topology) -> bool:
        """Whether it is for this machine."""
        return "every" in self.topologies or topology.name in self.topologies


def load_topologies() -> dict[str, Topology]:
    """Reads topologies.toml."""
    data = tomllib.loads((SELFTESTS / "topologies.toml").read_text())
    base = data.pop("base")
    return {name: _topology(name, base, _whole(data, name)) for name in data}


def _whole(data: dict, name: str) -> dict:
    """What an entry says, and what those say that it is like."""
    entry = data[name]
    return {**_whole(data, entry["like"]), **entry} if "like" in entry else entry


def _topology(name: str, base: dict, entry: dict) -> Topology:
    shared = base["devices"] if entry.get("base_devices", True) else []
    return Topology(
        name=name,
        machine=entry.get("machine", base["machine"]),
        firmware=entry.get("firmware", base["firmware"]),
        devices=(*shared, *entry["devices"]),
        append=entry.get("append", base["append"]),
        memory=entry.get("memory", base["memory"]),
        processors=entry.get("processors", base["processors"]),
        cards=entry.get("cards", {}),
        roms=entry.get("roms", {}),
        modules=tuple(entry.get("modules", ())),
        asks=entry.get("asks", False),
        initramfs=entry.get("initramfs", ""),
        hypervisor=entry.get("hypervisor", ""),
        globals=tuple(entry.get("globals", ())),
        counts=entry.get("counts", False),
        options=entry.get("options", ""),
        disk=entry.get("disk", 0),
        sanitizers=entry.get("sanitizers", True),
    )


def load_tests(folder: Path) -> list[Test]:
    """Every test of a folder, by name, but for those that come first or last in a boot."""
    paths = [path for path in folder.glob("*.sh") if path.name != "lib.sh"]
    return sorted(map(_test, paths), key=lambda test: (not test.fresh, test.last, test.name))


def _test(path: Path) -> Test:
    def header(key: str, default: str) -> str:
        found = re.search(rf"^# {key}: (.+)$", text, re.MULTILINE)
        return found.group(1) if found else default

    text = path.read_text()
    lasts = int(header("lasts", "0"))
    if lasts:
        lasts = int(os.environ.get("DURATION", lasts))
    return Test(
        name=path.stem,
        path=path,
        topologies=tuple(header("topology", "").split()),
        limit=int(header("timeout", "120")) + lasts,
        fresh=header("fresh", "no") == "yes",
        smoke=header("smoke", "no") == "yes",
        once=header("once", "no") == "yes",
        last=header("last", "no") == "yes",
        sanitizers=header("sanitizers", "yes"),
    )
