# SPDX-License-Identifier: GPL-2.0
"""What somebody wrote that the harness does not know: said with the place and the near names."""

import difflib
from collections.abc import Iterable


class Mistake(Exception):
    """One or more lines that say what is wrong, and where. Ends the run with exit status 2."""


def unknown(kind: str, name: str, names: Iterable[str]) -> str:
    """Says that there is no such thing, and what there is that looks like it."""
    known = sorted(names)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    near += [other for other in known if name and name in other and other not in near][:3]
    if near:
        return f"no {kind} '{name}'; there is {', '.join(near)}"
    return f"no {kind} '{name}'; there are {', '.join(known) or 'none'}"


def raise_all(found: list[str]) -> None:
    """Raises what was found, if it is anything."""
    if found:
        raise Mistake("\n".join(found))
