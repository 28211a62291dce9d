# SPDX-License-Identifier: GPL-2.0
"""Runs the scripts of demo/ in guests, and passes on what they tell."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from guest import Boot
from image import build_image
from lab import LAB, SRC, Kernel, load_kernels
from tests import load_tests
from topology import SELFTESTS, load_topologies

DIRECTORY = SELFTESTS / "demo"
BOTH = {"without": "without vga-stub", "with": "with vga-stub"}
LOGS = LAB / "logs/demo"
SHOWN = Path(os.environ.get("VGA_STUB_LAB_HOST", "/lab")) / LOGS.relative_to(LAB)


def tell(line: str) -> None:
    """Prints the story, and leaves out what is for the harness."""
    if not re.match(r"#|(not )?ok \d|1\.\.|.*\x1b", line):
        print(line, flush=True)


def build(kernel: Kernel) -> Path:
    """The module, and the image that has it; ends the demo if that fails."""
    print(f"Building vga_stub.ko for {kernel.abi}", flush=True)
    make = ["make", "-s", "-C", SRC, f"KDIR={kernel.kdir}", f"BUILD={kernel.out}"]
    built = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if built.returncode:
        sys.exit(built.stdout.decode(errors="replace"))
    image = LOGS / "image.cpio"
    build_image(kernel, DIRECTORY, image)
    return image


def play(
    kernel: Kernel, image: Path, script: str, topology: str, listener: Callable[[str], None]
) -> bool:
    """Runs one script on one machine, and returns whether it went well."""
    [test] = [test for test in load_tests(DIRECTORY) if test.name == script]
    machine = load_topologies()[topology]
    [result] = list(Boot(kernel, machine, [test], image, LOGS / topology, listener).run())
    if result.outcome != "ok":
        for line in (*result.details, "FAILED, see above"):
            listener("| " + line)
    return result.outcome == "ok"


def keep_pictures(topology: str, name: str, pictures: dict[str, str]) -> None:
    """Puts the pictures that a guest asked for where they are easy to find, and says of what each is."""
    for picture, what in pictures.items():
        source = LOGS / f"{topology}.answers" / f"{picture}.png"
        if source.exists():
            shutil.copy(source, LOGS / f"{name}-{picture}.png")
            print(f"     {what}: {SHOWN / f'{name}-{picture}.png'}")


def main() -> int:
    """The story, then the pictures, of both kinds of firmware at the same time, then two machines at once."""
    start = time.monotonic()
    kernel = next(k for k in load_kernels() if k.suite == "trixie")
    LOGS.mkdir(parents=True, exist_ok=True)
    image = build(kernel)

    print(f"Booting {kernel.abi}, as Debian ships it, in QEMU", flush=True)
    good = play(kernel, image, "demo", "plugin", tell)

    with ThreadPoolExecutor() as pool:
        print("\nBooting it on a PC BIOS and on UEFI, with one card to boot with", flush=True)
        later: list[str] = []
        uefi = pool.submit(play, kernel, image, "screen", "shownuefi", later.append)
        good &= play(kernel, image, "screen", "shown", tell)
        keep_pictures("shown", "bios", BOTH)
        print("\nThe same on UEFI", flush=True)
        good &= uefi.result()
        for line in later:
            tell(line)
        keep_pictures("shownuefi", "uefi", BOTH)

    print("\nTwo virtual machines side by side", flush=True)
    good &= play(kernel, image, "two", "clients", tell)
    keep_pictures("clients", "two", {"first": "the first one's screen", "second": "the second one's"})

    image.unlink()
    print(f"\n{time.monotonic() - start:.0f} s, logs: {SHOWN}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
