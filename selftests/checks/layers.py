# SPDX-License-Identifier: GPL-2.0
"""Imports of rust/module point down, and there is no circle.

The layers are those of the drawing in Documentation/design.rst, the highest first: a file may import from
lower lines only. Beside that no files may import each other in a circle, abstractions/ included, and
abstractions/ knows nothing of the rest.

Usage: layers.py TREE
"""

import re
import sys
from pathlib import Path

DRAWING = "A file imports only from layers below its own::"
ABSTRACTIONS = "abstractions"
Module = tuple[str, ...]


def layers(design: str) -> list[list[str]]:
    """The names in each line of the drawing. What stands last in a line says what they are."""
    lines = design.partition(DRAWING)[2].split("\n\n")[1].splitlines()
    return [re.split(r"\s{2,}", line.strip())[:-1] for line in lines]


def modules(root: Path) -> dict[Module, Path]:
    """Each module that is a file."""
    found = {}
    for path in root.rglob("*.rs"):
        if path.name not in ("vga_stub.rs", "bindings_generated.rs"):
            found[path.relative_to(root).with_suffix("").parts] = path
    return found


def uncommented(text: str) -> str:
    """The code without comments; strings have no paths."""
    return re.sub(r"//[^\n]*", "", text)


def paths(code: str):
    """Each path that begins with crate, super or self, with those of a group in braces each."""
    for start in re.finditer(r"(?<![\w:])(?:crate|super|self)(?=::)", code):
        yield from _expand(code, start.start(), [])


def _expand(code: str, at: int, before: list[str]):
    """The paths that a use tree at a place has, up to its end."""
    word = re.compile(r"\s*(\w+|\*)\s*(::)?\s*").match(code, at)
    if not word:
        return
    path = [*before, word.group(1)]
    if not word.group(2):
        yield path
    elif code[word.end()] != "{":
        yield from _expand(code, word.end(), path)
    else:
        for item in _items(code, word.end() + 1):
            yield from _expand(code, item, path)


def _items(code: str, at: int):
    """Where each item of a group in braces begins."""
    depth = 0
    yield at
    while depth >= 0 and at < len(code):
        if code[at] == "{":
            depth += 1
        elif code[at] == "}":
            depth -= 1
        elif code[at] == "," and depth == 0:
            yield at + 1
        at += 1


def resolve(path: list[str], here: Module, known: dict[Module, Path]) -> Module | None:
    """The file that a path leads into, if it is one of ours and another than this one, its parents and
    its children."""
    full: list[str] = [] if path[0] == "crate" else list(here)
    for step in path[1:] if path[0] in ("crate", "self") else path:
        if step == "super":
            full = full[:-1]
        elif step != "self":
            full.append(step)
    while full and tuple(full) not in known:
        full.pop()
    there = tuple(full)
    if not there or here[: len(there)] == there or there[: len(here)] == here:
        return None
    return there


def circle(imports: dict[Module, set[Module]]) -> list[Module]:
    """The files of a circle, if there is one."""
    done: set[Module] = set()

    def walk(file: Module, way: list[Module]) -> list[Module]:
        if file in way:
            return [*way[way.index(file) :], file]
        if file in done:
            return []
        for other in sorted(imports[file]):
            if found := walk(other, [*way, file]):
                return found
        done.add(file)
        return []

    return next((found for file in sorted(imports) if (found := walk(file, []))), [])


def check(tree: Path) -> list[str]:
    """What is wrong."""
    root = tree / "rust/module"
    known = modules(root)
    drawn = layers((tree / "Documentation/design.rst").read_text())
    level = {name.strip("/"): number for number, line in enumerate(reversed(drawn)) for name in line}
    names = {file[0] for file in known}
    wrong = [f"Documentation/design.rst: the drawing of the layers lacks {n}" for n in names - set(level)]
    wrong += [f"Documentation/design.rst: rust/module has no {n}" for n in set(level) - names]
    if wrong:
        return sorted(wrong)

    imports: dict[Module, set[Module]] = {}
    for file, path in known.items():
        found = (resolve(p, file, known) for p in paths(uncommented(path.read_text())))
        imports[file] = {other for other in found if other}
        for other in sorted(imports[file]):
            if file[0] == ABSTRACTIONS and other[0] == ABSTRACTIONS:
                continue
            if level[other[0]] >= level[file[0]]:
                where = "beside it" if level[other[0]] == level[file[0]] else "above it"
                wrong.append(f"{path.relative_to(tree)} imports {'::'.join(other)}, which is {where}")
    if way := circle(imports):
        wrong.append("a circle: " + " -> ".join("::".join(file) for file in way))
    if not any(imports.values()):
        wrong.append("no import was found: does this still read Rust?")
    return wrong


if __name__ == "__main__":
    found = check(Path(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
