# SPDX-License-Identifier: GPL-2.0
"""ACPI tables of machines: those in which firmware keeps the ROMs of cards without a ROM BAR."""

import random
import subprocess
from pathlib import Path

from firmware import DEVICE, EFI, SOURCES, VENDOR, image, put

VGABIOS = Path("/usr/share/seabios/vgabios-stdvga.bin")
# QEMU takes no larger one by -acpitable: 65535 with the header.
LARGEST = 65000


def endless() -> bytearray:
    """A piece of 4 KiB that says of itself that it is 32 MiB long, and not the last."""
    return image(8, EFI, last=False, length=0xFFFF)


def assemble(directory: Path, name: str, text: str) -> None:
    """Makes a table of its source."""
    source = directory / f"{name}.asl"
    source.write_text(text)
    command = ["iasl", "-va", "-p", directory / name, source]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def assemble_methods(directory: Path) -> None:
    """Makes methods.aml."""
    images = {
        "VGABIOS": VGABIOS.read_bytes(),
        "LONG": image(4, last=False) + image(8, EFI),
        "ENDLESS": endless(),
        "OTHER": image(4, device=DEVICE + 1),
    }
    text = (SOURCES / "methods.asl").read_text()
    for name, rom in images.items():
        text = text.replace(f"@{name}@", ", ".join(map(str, rom)))
    assemble(directory, "methods", text)


def vfct(entries: list[tuple[int, int, int, bytes]], rest: bytes = b"") -> bytes:
    """AMD's table (UEFI_ACPI_VFCT in the kernel's atombios.h): for each image the bus, device and
    function of its card. QEMU mends length and checksum."""
    table = bytearray(0x4C)
    table[:4] = b"VFCT"
    put(table, 0x08, 1, 1)
    table[0x0A:0x18] = b"VGASTBVFCT    "
    put(table, 0x34, 4, len(table))
    for bus, slot, function, rom in entries:
        header = bytearray(0x1C)
        for at, value in ((0, bus), (4, slot), (8, function), (0x18, len(rom))):
            put(header, at, 4, value)
        put(header, 0x0C, 2, VENDOR)
        put(header, 0x0E, 2, DEVICE)
        table += header + rom
    table += rest
    put(table, 0x04, 4, len(table))
    return bytes(table)


def build_tables(directory: Path) -> None:
    """Makes all of them in a directory."""
    assemble_methods(directory)
    assemble(directory, "power", (SOURCES / "power.asl").read_text())
    legacy = (directory / "legacy-efi.rom").read_bytes()
    small = (directory / "bad-checksum.rom").read_bytes()
    other = (directory / "other-device.rom").read_bytes()
    tables = {
        # The second is for a bus that the firmware has numbered otherwise.
        "vfct": vfct(
            [
                (0, 4, 1, legacy),
                (0x7F, 4, 2, small),
                (0, 4, 3, legacy),
                (0, 4, 4, legacy),
                (0, 4, 5, other),
                (0, 4, 6, small),
            ]
        ),
        "vfct-random": vfct([], random.Random(VENDOR).randbytes(LARGEST)),
    }
    for name, table in tables.items():
        (directory / f"{name}.aml").write_bytes(table)
