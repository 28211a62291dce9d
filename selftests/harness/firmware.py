# SPDX-License-Identifier: GPL-2.0
"""ROMs for cards, most of them wrong in one way, and what guests in guests boot.

Images are as in the PCI Firmware Specification 3.3, section 5.1. What vga-stub is to say
of each is in tests/rom_odd.sh.
"""

import random
import subprocess
from pathlib import Path

from programs import efi_code, program
from topology import SELFTESTS

SOURCES = SELFTESTS / "firmware"
SECTOR = 512
X86, EFI = 0, 3
PCIR = 0x1C
# Where an image has its EFI program, if it is one that runs.
PROGRAM = 0x200
VGA_BIOS = Path("/usr/share/seabios/vgabios-stdvga.bin")
# QEMU's VGA and its relatives.
VENDOR, DEVICE = 0x1234, 0x1111


def put(image: bytearray, at: int, size: int, value: int) -> None:
    """Writes a number, little-endian as all in a ROM."""
    image[at : at + size] = value.to_bytes(size, "little")


def add_up(image: bytearray) -> bytearray:
    """Makes the bytes add up to 0, by the last one."""
    image[-1] = (image[-1] - sum(image)) % 256
    return image


def image(
    sectors: int, code: int = X86, last: bool = True, device: int = DEVICE, length: int | None = None
) -> bytearray:
    """A good image, of noise but for its headers. A BIOS that runs it comes back at once."""
    rom = bytearray(random.Random(sectors + code).randbytes(sectors * SECTOR))
    rom[:PCIR] = bytes(PCIR)
    rom[:2] = b"\x55\xaa"
    if code == EFI:
        put(rom, 0x02, 2, sectors)
        put(rom, 0x04, 4, 0x0EF1)
        put(rom, 0x08, 2, 0x0B)  # boot service driver
        put(rom, 0x0A, 2, 0x8664)  # x64
        put(rom, 0x16, 2, PCIR + 0x24)  # where its PE image is
    else:
        put(rom, 0x02, 1, sectors)
        rom[0x03] = 0xCB  # lret
    put(rom, 0x18, 2, PCIR)
    pcir = b"PCIR" + b"".join(
        value.to_bytes(size, "little")
        for size, value in (
            (2, VENDOR),
            (2, device),
            (2, 0),  # no device list
            (2, 24),  # this structure's length
            (1, 0),  # its revision
            (3, 0x030000),
            (2, sectors if length is None else length),
            (2, 1),  # revision of the code
            (1, code),
            (1, 0x80 if last else 0),
            (2, 0),
        )
    )
    rom[PCIR : PCIR + len(pcir)] = pcir
    return add_up(rom) if code == X86 else rom


def changed(at: int, *values: int) -> bytearray:
    """A good image of 8 sectors but for some bytes; they still add up to 0."""
    rom = image(8)
    rom[at : at + len(values)] = bytes(values)
    return add_up(rom)


def nvidia(rom: bytearray) -> bytearray:
    """The image made one of NVIDIA's own kind."""
    rom[:2] = b"\x56\x4e"
    rom[PCIR : PCIR + 4] = b"NPDS"
    return rom


def gap(sectors: int) -> bytearray:
    """What flash has where nothing was written."""
    return bytearray(b"\xff" * (sectors * SECTOR))


def padded(rom: bytearray, size: int) -> bytearray:
    """In a larger ROM; what follows is no image."""
    return rom + b"\x00\xff" * ((size - len(rom)) // 2)


def odd_roms() -> dict[str, bytearray]:
    """Each is as large as the ROM BAR that QEMU makes for it."""
    bad = image(8)
    bad[-1] ^= 1
    return {
        "no-signature": changed(0, 0xAA, 0x55),
        "no-pcir": changed(PCIR, *b"RICP"),
        "pcir-outside": changed(0x18, 0xFC, 0xFF),
        "pcir-misaligned": changed(0x18, PCIR + 1, 0),
        "length-zero": image(8, length=0),
        "length-past-end": image(8, length=9),
        "not-last": padded(image(4, last=False), 4096),
        "not-last-at-end": image(8, last=False),
        "other-device": image(8, device=DEVICE + 1),
        "bad-checksum": bad,
        "efi": image(8, EFI),
        "legacy-efi": image(8, last=False) + image(8, EFI),
        "256k": image(128, last=False) + image(384, EFI),
        "1m": image(255, last=False) + image(2048 - 255, EFI),
        "small": padded(image(3), 65536),
        "33-images": padded(b"".join([image(1, last=False)] * 32) + image(1), 32768),
        "gap": image(3, last=False) + gap(2) + image(3, EFI),
        "nvidia": image(4, last=False) + nvidia(image(4, 0xE0)),
        "any-device": image(8, EFI, device=0xFFFF),
    }


def both() -> bytearray:
    """The ROM that QEMU's VGA has, and an EFI image after it, which says so when it is run: as cards
    that are sold today."""
    legacy = bytearray(VGA_BIOS.read_bytes())
    pcir = int.from_bytes(legacy[0x18:0x1A], "little")
    legacy[pcir + 0x15] = 0  # not the last image
    efi = image(4, EFI)
    put(efi, 0x16, 2, PROGRAM)
    code = program(efi_code(b"[efi image]"), subsystem=11)
    efi[PROGRAM : PROGRAM + len(code)] = code
    return add_up(legacy) + efi


def assemble(source: Path, target: Path, address: int) -> None:
    """Makes plain bytes, to run at an address, of an assembler file."""
    where = f"-Wl,-Ttext={address:#x},--oformat=binary,--build-id=none"
    command = ["gcc", "-m32", "-nostdlib", "-static", "-no-pie", where, "-o", target, source]
    subprocess.run(command, check=True)


def build_firmware(directory: Path) -> Path:
    """Makes all of it in a directory, and returns that."""
    directory.mkdir(exist_ok=True)
    for name, rom in odd_roms().items():
        (directory / f"{name}.rom").write_bytes(rom)
    (directory / "both.rom").write_bytes(both())
    rewrites = directory / "rewrites.rom"
    assemble(SOURCES / "rewrites.S", rewrites, 0)
    rewrites.write_bytes(add_up(bytearray(rewrites.read_bytes())))
    assemble(SOURCES / "greeting.S", directory / "greeting.img", 0x7C00)
    return directory
