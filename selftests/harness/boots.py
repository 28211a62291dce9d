#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What SeaBIOS and OVMF run of odd ROMs, and what `vga-stub rom` says that they run.

Each ROM is on a card of its own, and each image in it says its name on QEMU's debug port when
it is run: one boot of each firmware answers for all. What is expected stands in rom(), so that
the command, the firmware and this file must agree.

    boots.py VGA-STUB DIRECTORY      in the lab; DIRECTORY is for what it makes
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from firmware import EFI, PCIR, PROGRAM, SECTOR, add_up, gap, nvidia, put
from programs import PORT, efi_code, legacy_code, program

# QEMU's card for education: a PCI function of no class that firmware has a driver for.
VENDOR, DEVICE = 0x1234, 0x11E8
CARD = "edu"
OVMF = Path("/usr/share/OVMF")
# In seconds, on a busy machine.
LIMIT = 300

LEGACY, OPEN_FIRMWARE = 0, 1
# Where an image has its code, and its PnP header.
CODE, PNP = 0x60, 0xA0


def image(
    name: str,
    code: int = LEGACY,
    sectors: int = 4,
    last: bool = True,
    vendor: int = VENDOR,
    device: int = DEVICE,
    length: int | None = None,
    pcir: int = PCIR,
    pcir_length: int = 24,
    run: int | None = None,
    subsystem: int = 11,
) -> bytearray:
    """An image that says its name when it is run. `length` and `run` are what its PCI data structure and its
    header say, in sectors."""
    rom = bytearray(sectors * SECTOR)
    rom[:2] = b"\x55\xaa"
    text = f"[{name}]".encode()
    run = sectors if run is None else run
    if code == EFI:
        put(rom, 0x02, 2, run)
        put(rom, 0x04, 4, 0x0EF1)
        put(rom, 0x08, 2, subsystem)
        put(rom, 0x0A, 2, 0x8664)
        put(rom, 0x16, 2, PROGRAM)
        rom[PROGRAM : PROGRAM + 0x400] = program(efi_code(text), subsystem)
    elif sectors > 1:
        put(rom, 0x02, 1, run)
        rom[0x03] = 0xE9
        put(rom, 0x04, 2, CODE - 6)
        rom[CODE : CODE + len(legacy_code(text, CODE))] = legacy_code(text, CODE)
        # Without this SeaBIOS would only boot from the card.
        put(rom, 0x1A, 2, PNP)
        rom[PNP : PNP + 4] = b"$PnP"
    put(rom, 0x18, 2, pcir)
    fields = (
        (2, vendor),
        (2, device),
        (2, 0),
        (2, pcir_length),
        (1, 0),
        (3, 0xFF0000),
        (2, sectors if length is None else length),
        (2, 1),
        (1, code),
        (1, 0x80 if last else 0),
        (2, 0),
    )
    structure = b"PCIR" + b"".join(value.to_bytes(size, "little") for size, value in fields)
    rom[pcir : pcir + len(structure)] = structure
    return add_up(rom) if code == LEGACY else rom


def rom(name: str) -> tuple[bytearray, bool, bool]:
    """A ROM, and whether SeaBIOS and OVMF run an image of it. In QEMU its ROM BAR is the next power of two."""

    def legacy(**changes) -> bytearray:
        return image(name, **changes)

    def first(**changes) -> bytearray:
        return image(name, last=False, **changes)

    def efi(**changes) -> bytearray:
        return image(name, EFI, **changes)

    broken = first()
    broken[-1] ^= 1
    filler = image(name, OPEN_FIRMWARE, 1, last=False)
    decoy = gap(2)
    decoy[:2] = b"\x55\xaa"
    table = {
        "legacy": (legacy(), True, False),
        # In QEMU its ROM BAR has 2 KiB.
        "efi": (efi(), False, False),
        "efi-in-4k": (efi() + gap(1), False, True),
        "both": (first() + efi(), True, True),
        "gap": (first() + gap(2) + efi(), True, True),
        "zeros": (first() + bytes(2 * SECTOR) + efi(), True, True),
        "odd-gap": (first() + gap(1)[:100] + efi(), True, False),
        "gap-at-start": (gap(2) + first() + efi(), False, False),
        "decoy": (first() + decoy + efi(), True, False),
        "nvidia": (first() + nvidia(image(name, 0xE0, last=False)) + efi(), True, True),
        "not-last": (first() + efi(last=False), True, True),
        "misaligned": (legacy(pcir=PCIR + 2), True, False),
        "second": (first(device=1) + legacy(), True, False),
        "other-device": (legacy(device=1), False, False),
        "any-device": (first(device=0xFFFF) + efi(device=0xFFFF), False, True),
        "other-vendor": (first(vendor=1) + efi(vendor=1), False, True),
        "bad-checksum": (broken + efi(), False, True),
        "pcir-length": (first(pcir_length=0) + efi(pcir_length=0xFFFF), True, True),
        "past-end": (first() + efi(length=9), True, False),
        "short": (first(length=1) + efi(), True, True),
        "application": (efi(subsystem=10) + gap(4), False, False),
        "run-longer": (efi(run=5) + gap(4), False, False),
        "after-last": (legacy() + efi(), True, False),
        "300-images": (filler * 300 + efi(), False, True),
    }
    return table[name]


NAMES = (
    "legacy efi efi-in-4k both gap zeros odd-gap gap-at-start decoy nvidia not-last misaligned second other-device any-device"
    " other-vendor bad-checksum pcir-length past-end short application run-longer after-last 300-images"
).split()


def qemu(directory: Path, firmware: str, names: list[str]) -> set[str]:
    """Boots, and returns the names that were said."""
    log = directory / f"{firmware}.log"
    log.write_bytes(b"")
    command = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m", "256", "-nodefaults"]
    command += ["-display", "none", "-vga", "none", "-no-reboot"]
    command += ["-debugcon", f"file:{log}", "-global", f"isa-debugcon.iobase={PORT:#x}"]
    if firmware == "ovmf":
        variables = directory / "variables.fd"
        shutil.copy(OVMF / "OVMF_VARS_4M.fd", variables)
        flash = "if=pflash,format=raw,unit={},file={}{}"
        code = flash.format(0, OVMF / "OVMF_CODE_4M.fd", ",readonly=on")
        command += ["-drive", code, "-drive", flash.format(1, variables, "")]
    for slot, name in enumerate(names, 2):
        command += ["-device", f"{CARD},addr={slot:#x},romfile={directory / name}.rom"]
    process = subprocess.Popen(command)
    try:
        end = time.monotonic() + LIMIT
        while b"[end]" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit(f"{firmware}: it did not come to the last card, see {log}")
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
    said = log.read_bytes().decode("latin-1")
    return {name for name in names if f"[{name}]" in said}


def main() -> None:
    command, directory = sys.argv[1], Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    table = {name: rom(name) for name in NAMES}
    answers = {}
    for name, (bytes_, _, _) in table.items():
        file = directory / f"{name}.rom"
        file.write_bytes(bytes_)
        looked = subprocess.run(
            [command, "rom", "--json", "--device", f"{VENDOR:04x}:{DEVICE:04x}", file],
            stdout=subprocess.PIPE,
        )
        report = json.loads(looked.stdout)
        # Elsewhere than at the start it speaks of a file that --extract would write.
        as_it_is = report["rom_offset"] == 0
        answers[name] = tuple(
            as_it_is and report["verdict"][guest]["from_file"] for guest in ("bios_guest", "ovmf_guest")
        )
    (directory / "end.rom").write_bytes(image("end", last=False) + image("end", EFI))
    names = [*table, "end"]
    seabios, ovmf = qemu(directory, "seabios", names), qemu(directory, "ovmf", names)
    wrong = 0
    for name, (_, *expected) in table.items():
        ran = (name in seabios, name in ovmf)
        if not ran == answers[name] == tuple(expected):
            wrong += 1
            print(f"{name}: SeaBIOS and OVMF ran {ran}, vga-stub said {answers[name]}, not {tuple(expected)}")
    print(f"{len(table)} ROMs: SeaBIOS runs {len(seabios) - 1}, OVMF {len(ovmf) - 1}, {wrong} otherwise than expected")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
