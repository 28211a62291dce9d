# SPDX-License-Identifier: GPL-2.0
"""Runs demo/demo.sh in a guest, and passes on what it tells."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from guest import Boot
from image import build_image
from lab import LAB, SRC, load_kernels
from topology import SELFTESTS, load_tests, load_topologies

FOLDER = SELFTESTS / "demo"


def tell(line: str) -> None:
    """Prints the story, and leaves out what is for the harness."""
    if not re.match(r"#:|(not )?ok \d|1\.\.", line):
        print(line, flush=True)


def main() -> int:
    """Builds, boots, tells."""
    kernel = next(k for k in load_kernels() if k.suite == "trixie")
    logs = LAB / "logs/demo"
    logs.mkdir(parents=True, exist_ok=True)
    shown = Path(os.environ.get("VGA_STUB_LAB_HOST", "/lab")) / logs.relative_to(LAB)

    print(f"Building vga_stub.ko for {kernel.abi}", flush=True)
    make = ["make", "-s", "-C", SRC, f"KDIR={kernel.kdir}", f"BUILD={kernel.out}"]
    built = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if built.returncode:
        print(built.stdout.decode(errors="replace"))
        return 1
    image = logs / "image.cpio"
    build_image(kernel, FOLDER, image)

    print(f"Booting {kernel.abi}, as Debian ships it, in QEMU", flush=True)
    start = time.monotonic()
    topology = load_topologies()["plugin"]
    [result] = list(Boot(kernel, topology, load_tests(FOLDER), image, logs / "guest", tell).run())
    image.unlink()
    if result.outcome != "ok":
        print(*result.details, sep="\n")
        print("FAILED, see above")
    print(f"{time.monotonic() - start:.0f} s, logs: {shown}")
    return 0 if result.outcome == "ok" else 1


if __name__ == "__main__":
    sys.exit(main())
