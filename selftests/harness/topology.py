# SPDX-License-Identifier: GPL-2.0
"""The machines of topologies.toml."""

import dataclasses
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mistakes import Mistake, raise_all, unknown

SELFTESTS = Path(__file__).resolve().parent.parent
MACHINES = SELFTESTS / "topologies.toml"
FIRMWARE = ("seabios", "ovmf", "secureboot")


@dataclass(frozen=True, kw_only=True)
class Topology:
    """One machine, as QEMU and the guest's init want it. Each field but the name is a key of
    topologies.toml, which says what it means."""

    name: str
    about: str
    machine: str
    firmware: str
    append: str
    processors: int
    memory: int
    nodes: int = 0
    devices: tuple[str, ...] = ()
    cards: dict[str, str] = dataclasses.field(default_factory=dict)
    roms: dict[str, str] = dataclasses.field(default_factory=dict)
    modules: tuple[str, ...] = ()
    asks: bool = False
    initramfs: str = ""
    hypervisor: str = ""
    counts: bool = False
    globals: tuple[str, ...] = ()
    acpi: tuple[str, ...] = ()
    options: str = ""
    disk: int = 0
    sanitizers: bool = True


FIELDS = {field.name: field.type for field in dataclasses.fields(Topology) if field.name != "name"}
# What else an entry may say: which other it is like, and whether it has the base's devices.
KEYS = {**FIELDS, "like": str, "base_devices": bool}
# What each says for itself.
OWN = ("about", "like")


def load_topologies(path: Path = MACHINES) -> dict[str, Topology]:
    """Reads them all."""
    try:
        data = tomllib.loads(path.read_text())
    except tomllib.TOMLDecodeError as error:
        raise Mistake(f"{path.name}: {error}") from error
    found: list[str] = []
    for name, entry in data.items():
        _check(f"{path.name}: [{name}]", name, entry, data, found)
    raise_all(found)
    base = data.pop("base")
    return {name: _topology(name, base, _whole(data, name)) for name in data}


def _check(where: str, name: str, entry: Any, data: dict[str, Any], found: list[str]) -> None:
    """Adds what is wrong with an entry to `found`."""
    if not isinstance(entry, dict):
        found.append(f"{where} is no table")
        return
    for key, value in entry.items():
        if key not in KEYS or (name == "base" and key in ("like", "base_devices", "about")):
            found.append(f"{where}: {unknown('key', key, KEYS)}")
        elif not _fits(value, KEYS[key]):
            found.append(f"{where}: {key} = {value!r} is of the wrong type")
    if name != "base" and "about" not in entry:
        found.append(f"{where}: no 'about': what does it stand for?")
    if entry.get("firmware", FIRMWARE[0]) not in FIRMWARE:
        found.append(f"{where}: {unknown('firmware', str(entry['firmware']), FIRMWARE)}")
    tools = {tool.stem for tool in (SELFTESTS / "images").glob("*.sh")} - {"common"}
    if entry.get("initramfs", "") not in tools | {""}:
        found.append(f"{where}: {unknown('maker of an initramfs', str(entry['initramfs']), tools)}")
    followed = [name]
    while "like" in entry:
        name = entry["like"]
        if name not in data or name == "base":
            found.append(f"{where}: {unknown('machine', str(name), set(data) - {'base'})}")
            return
        if name in followed:
            found.append(f"{where} is like itself: {' -> '.join([*followed, name])}")
            return
        followed.append(name)
        entry = data[name]


def _fits(value: Any, kind: Any) -> bool:
    if kind in (str, int, bool):
        return type(value) is kind
    if kind == tuple[str, ...]:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _whole(data: dict[str, Any], name: str) -> dict[str, Any]:
    """What an entry says, and what those say that it is like."""
    entry = data[name]
    if "like" not in entry:
        return entry
    other = {key: value for key, value in _whole(data, entry["like"]).items() if key not in OWN}
    return {**other, **entry}


def _topology(name: str, base: dict[str, Any], entry: dict[str, Any]) -> Topology:
    devices = entry.get("devices", [])
    if entry.get("base_devices", True):
        devices = [*base.get("devices", []), *devices]
    said = {**base, **entry, "devices": devices}
    return Topology(
        name=name,
        **{
            key: tuple(value) if isinstance(value, list) else value
            for key, value in said.items()
            if key in FIELDS
        },
    )
