# SPDX-License-Identifier: GPL-2.0
"""What there is stands in the document where a reader looks for it: see RULES.

Usage: documents.py TREE
"""

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "harness"))

import checks  # noqa: E402
import tests  # noqa: E402
import topology  # noqa: E402

ABI = "Documentation/ABI/testing/sysfs-class-vga_stub"
GUIDE = "Documentation/admin-guide.rst"
DESIGN = "Documentation/design.rst"
HACKING = "Documentation/hacking.rst"
TESTING = "Documentation/testing.rst"
SELFTESTS = "selftests/README.md"
# What make has, but no reader types.
INNER_TARGETS = {"modules", "check-kdir", "help", "install-files"}


class Tree:
    """A checkout."""

    def __init__(self, root: Path):
        self.root = root

    def read(self, path: str) -> str:
        """The text of a file; nothing if there is none."""
        file = self.root / path
        return file.read_text() if file.exists() else ""

    def names(self, pattern: str, path: str) -> list[str]:
        """What a regular expression finds in a file."""
        return re.findall(pattern, self.read(path), re.MULTILINE)

    def directories(self, under: str = ".") -> list[str]:
        """Those that git has something in, directly below one."""
        git = ["git", "-C", self.root, "ls-files", "-z", "--", under]
        done = subprocess.run(git, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if done.returncode:  # no checkout, but an archive
            return [p.name for p in (self.root / under).iterdir() if p.is_dir() and p.name[0] != "."]
        files = [Path(name).relative_to(under).parts for name in done.stdout.decode().split("\0") if name]
        return sorted({parts[0] for parts in files if len(parts) > 1 and parts[0][0] != "."})

    def files(self, pattern: str) -> list[str]:
        """The names of files, without their suffix."""
        return sorted(path.stem for path in self.root.glob(pattern))


def rules(tree: Tree) -> Iterable[tuple[str, list[str], str, str]]:
    """What is to be found: what kind of thing, their names, the document, and how it has a name there."""
    parameters = tree.names(r'static \w+:\s*"\w+"\."(\w+)",', "rust/module/parameters.rs")
    yield "parameter", parameters, ABI, r"(?m)^\t+{}\t"
    yield "parameter", parameters, GUIDE, r"``{}(=|``)"
    yield "sysfs file", tree.names(r'(?:File|readable|writable|new)\S*\(\s*c"(?!vga_stub)(\w+)"', "rust/module/files.rs"), ABI, \
        r"(?m)^What:\t+/sys/class/vga_stub/<DDDD:BB:DD\.F>/{}$"
    yield "header", tree.names(r"^#include <(?:\w+/)?(\w+)\.h>", "rust/module/bindings_helper.h"), DESIGN, r"\b{}\b"

    targets = set(tree.names(r"^\.PHONY: (.*)$", "Makefile")) - INNER_TARGETS
    yield "make target", sorted(targets), "Makefile", r"@echo 'make {}\b"
    yield "make target", sorted(targets), HACKING, r"``make {}\b"
    options = tree.names(r'"(--[a-z]+)"', "selftests/harness/__main__.py")
    yield "option", options, "selftests/run", r"(?m)^# .*{}\b"

    locks = [name for file in tree.files("rust/module/*.rs")
             for name in tree.names(r"static_mutex! \{\n(?: *///.*\n)* *mod (\w+):", f"rust/module/{file}.rs")]
    yield "lock", locks, HACKING, r"(?m)^   \* - ``{}``$"

    yield "directory", [f"{name}/" for name in tree.directories()], HACKING, r"(?m)^``{}"
    yield "directory", [f"rust/{name}/" for name in tree.directories("rust")], HACKING, r"(?m)^``{}"
    yield "directory", [f"{name}/" for name in tree.directories("selftests")], SELFTESTS, r"(?m)^\| `{}`"
    yield "document", tree.files("Documentation/*.rst"), "README.md", r"\(Documentation/{}\.rst\)"
    yield "document", tree.files("Documentation/*.rst"), "debian/vga-stub-dkms.docs", r"(?m)^Documentation/({}|\*)\.rst$"

    yield "header key", list(tests.keys(())), SELFTESTS, r"(?m)^\| `# {}: "
    yield "area of tests", list(tests.AREAS), SELFTESTS, r"`{}`"
    yield "kind of check", list(checks.KINDS), SELFTESTS, r"`{}`"
    machines = [key for key in topology.KEYS if key != "name"]
    yield "key", machines, "selftests/topologies.toml", r"(?m)^#   (\w+, )*{}[ ,:]"
    yield "fuzz target", tree.files("rust/core/fuzz/fuzz_targets/*.rs"), TESTING, r"\b{}\b"


def check(root: Path) -> list[str]:
    """What is missing, and where."""
    tree = Tree(root)
    wrong = []
    for kind, names, document, form in rules(tree):
        text = tree.read(document)
        if not names:
            wrong.append(f"no {kind} was found: does documents.py still read the source?")
        for name in names:
            if not re.search(form.replace("{}", re.escape(name)), text):
                wrong.append(f"{document} lacks the {kind} '{name}'")
    return wrong


if __name__ == "__main__":
    found = check(Path(sys.argv[1]))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
