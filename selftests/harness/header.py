# SPDX-License-Identifier: GPL-2.0
"""The comment that a script begins with: what it asserts, and keys that the harness obeys.

This is the only place that reads headers. What guest/init has to know of a test it gets in
/tests/limits, which image.py writes.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from mistakes import unknown

KEY_LINE = re.compile(r"# ?([a-z][a-z_-]*): *(.*?) *$")


@dataclass(frozen=True)
class Header:
    """A script's keys, as they stand there, and its first sentence."""

    keys: dict[str, str]
    sentence: str


def read(path: Path, values: dict[str, Callable[[str], object]], found: list[str]) -> Header:
    """Reads one. `values` has what may be said, and for each key a function that refuses
    other values with a ValueError. What is wrong is added to `found`."""
    keys: dict[str, str] = {}
    prose: list[str] = []
    inside = True
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f"{path.parent.name}/{path.name}:{number}"
        inside = inside and line.startswith("#")
        said = KEY_LINE.fullmatch(line)
        if not inside:
            if said and said.group(1) in values:
                found.append(f"{where}: '{said.group(1)}' stands below the header, where nobody reads it")
        elif not said:
            if not line.startswith(("#!", "# SPDX")):
                prose.append(line.lstrip("# "))
        else:
            key, value = said.groups()
            if key not in values:
                found.append(f"{where}: {unknown('key', key, values)} (prose may not begin a line so)")
            elif key in keys:
                found.append(f"{where}: '{key}' was said before")
            else:
                try:
                    values[key](value)
                    keys[key] = value
                except ValueError as error:
                    found.append(f"{where}: {key} is '{value}': {error}")
    return Header(keys, re.split(r"(?<!\.\.)(?<=\.) ", " ".join(prose).strip(), maxsplit=1)[0])


def one_of(*words: str) -> Callable[[str], object]:
    """Takes one of these words."""

    def check(value: str) -> str:
        if value not in words:
            raise ValueError(unknown("value", value, words))
        return value

    return check


def seconds(value: str) -> int:
    """Takes a number of seconds."""
    if not re.fullmatch(r"[1-9]\d{0,5}", value):
        raise ValueError("a number of seconds is wanted")
    return int(value)


def some_of(kind: str, names: Iterable[str]) -> Callable[[str], object]:
    """Takes one or more of these names."""
    known = list(names)

    def check(value: str) -> list[str]:
        words = value.split()
        if not words:
            raise ValueError(f"a {kind} is wanted")
        for word in words:
            if word not in known:
                raise ValueError(unknown(kind, word, known))
        return words

    return check
