# SPDX-License-Identifier: GPL-2.0
"""Pictures of the screens of a guest's cards, and the text that is on them."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import qmp

# Whose 8x16 font is on the screen: that of QEMU's VGA cards.
VGABIOS = Path("/usr/share/seabios/vgabios-stdvga.bin")
CAPITAL_A = bytes.fromhex("0000 1038 6cc6 c6fe c6c6 c6c6 0000 0000")
HEIGHT = 16
# On a blank. It blinks.
CURSOR = bytes(13) + b"\xff\xff\x00"


@dataclass(frozen=True)
class Screen:
    """What is on a screen: lines of three bytes for each pixel."""

    width: int
    height: int
    pixels: bytes

    def pixel(self, x: int, y: int) -> bytes:
        """One pixel's colour."""
        at = 3 * (y * self.width + x)
        return self.pixels[at : at + 3]

    def text(self) -> list[str]:
        """The lines of text mode 3, "?" for what is no character; none in other modes."""
        # A character is 8 or 9 pixels wide.
        for wide in (8, 9):
            if (self.width, self.height) == (80 * wide, 25 * HEIGHT):
                rows = [
                    "".join(self._character(column * wide, row * HEIGHT) for column in range(80))
                    for row in range(25)
                ]
                return [row.rstrip() for row in rows]
        return []

    def _character(self, left: int, top: int) -> str:
        ground = self.pixel(left, top)
        glyph = bytes(
            sum(0x80 >> x for x in range(8) if self.pixel(left + x, top + y) != ground)
            for y in range(HEIGHT)
        )
        return _font().get(glyph, "?")

    def differing(self, other: "Screen") -> int:
        """How many pixels are not the same; all, if the sizes are not."""
        if (self.width, self.height) != (other.width, other.height):
            return self.width * self.height
        return sum(
            self.pixels[at : at + 3] != other.pixels[at : at + 3]
            for at in range(0, len(self.pixels), 3)
        )


@cache
def _font() -> dict[bytes, str]:
    """The character of each glyph, of those in ASCII."""
    rom = VGABIOS.read_bytes()
    start = rom.index(CAPITAL_A) - ord("A") * HEIGHT
    codes = [*range(0x21, 0x7F), 0x20]
    font = {rom[start + HEIGHT * code : start + HEIGHT * (code + 1)]: chr(code) for code in codes}
    return font | {CURSOR: " "}


def take(monitor: Path, device: str, target: Path) -> Screen:
    """Saves the screen of the card that QEMU knows by an id as a PNG, and reads it."""
    plain = target.with_suffix(".ppm")
    try:
        qmp.execute(monitor, "screendump", device=device, filename=str(plain))
        qmp.execute(monitor, "screendump", device=device, filename=str(target), format="png")
        return _read(plain.read_bytes())
    finally:
        plain.unlink(missing_ok=True)


def _read(content: bytes) -> Screen:
    """Reads a portable pixmap, as QEMU writes it."""
    magic, size, depth, pixels = content.split(b"\n", 3)
    width, height = map(int, size.split())
    if magic != b"P6" or depth != b"255" or len(pixels) != 3 * width * height:
        raise ValueError(f"no pixmap: {magic!r} {size!r} {depth!r}")
    return Screen(width, height, pixels)
