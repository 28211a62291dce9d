# SPDX-License-Identifier: GPL-2.0
"""Programs in ROMs that say a text on QEMU's debug port, in machine code."""

# The port of QEMU's isa-debugcon.
PORT = 0x402


def loop() -> bytes:
    """Code for any mode: writes the bytes at SI up to a 0 to port DX."""
    return bytes.fromhex("fc ac 84c0 7403 ee ebf8")


def legacy_code(text: bytes, address: int) -> bytes:
    """Real-mode code for an address that writes a text to the debug port and returns far."""
    save, restore = bytes.fromhex("60 1e 0e 1f"), bytes.fromhex("1f 61 cb")
    body = b"\xba" + PORT.to_bytes(2, "little") + loop() + restore
    where = address + len(save) + 3 + len(body)
    return save + b"\xbe" + where.to_bytes(2, "little") + body + text + b"\0"


def efi_code(text: bytes) -> bytes:
    """64-bit code that does the same and returns EFI_SUCCESS."""
    body = b"\x66\xba" + PORT.to_bytes(2, "little") + loop() + bytes.fromhex("5e 31c0 c3")
    return b"\x56\x48\x8d\x35" + len(body).to_bytes(4, "little") + body + text + b"\0"


def program(code: bytes, subsystem: int) -> bytes:
    """A PE32+ program of one section."""
    pe = bytearray(0x400)
    pe[:2] = b"MZ"
    pe[0x3C:0x40] = (0x40).to_bytes(4, "little")
    pe[0x40:0x44] = b"PE\0\0"
    for at, size, value in (
        (0x44, 2, 0x8664),  # x64
        (0x46, 2, 1),  # sections
        (0x54, 2, 0xF0),  # size of the optional header
        (0x56, 2, 0x22),  # executable, large addresses
        (0x58, 2, 0x20B),  # PE32+
        (0x5C, 4, 0x200),  # size of code
        (0x68, 4, 0x1000),  # entry
        (0x6C, 4, 0x1000),  # base of code
        (0x78, 4, 0x1000),  # alignment of sections
        (0x7C, 4, 0x200),  # alignment in the file
        (0x90, 4, 0x2000),  # size of the image
        (0x94, 4, 0x200),  # size of the headers
        (0x9C, 2, subsystem),
        (0xC4, 4, 16),  # data directories
    ):
        pe[at : at + size] = value.to_bytes(size, "little")
    pe[0x148:0x14D] = b".text"
    for at, value in ((0x150, 0x200), (0x154, 0x1000), (0x158, 0x200), (0x15C, 0x200), (0x16C, 0x60000020)):
        pe[at : at + 4] = value.to_bytes(4, "little")
    pe[0x200 : 0x200 + len(code)] = code
    return bytes(pe)
