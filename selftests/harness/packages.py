# SPDX-License-Identifier: GPL-2.0
"""Boots what a user's machine has after the package was installed: its kernel and its
initramfs. See packages/run.

Usage: packages.py BOOT ABI, where BOOT is the directory with vmlinuz-ABI, initrd.img-ABI, the kernel's
modules, ours as DKMS has installed it, and, for Secure Boot, the key that it is signed with and the
signed shim and GRUB
"""

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from guest import OVMF, Boot
from image import add_selftest, build_image
from lab import LAB, Kernel, load_kernels
from tests import load_tests
from topology import SELFTESTS, load_topologies

DIRECTORY = SELFTESTS / "packages"
# The owner of keys, to firmware: any UUID would do.
OWNER = "1f5b8b2c-6c3e-4a37-9a53-0d6f7e1c9b42"


def prepare_secure_boot(boot: Path, directory: Path) -> None:
    """What a machine has after its owner has enrolled DKMS's key with MokManager.

    Firmware with Microsoft's keys, the list of the owner's keys, and the disk that is started:
    shim is signed with one of Microsoft's keys, GRUB and the kernel with Debian's, which shim has.
    """
    disk = directory / "disk"
    shutil.rmtree(disk, ignore_errors=True)
    for name in ("BOOT", "debian"):
        (disk / "EFI" / name).mkdir(parents=True)
    shutil.copy(boot / "shimx64.efi.signed", disk / "EFI/BOOT/BOOTX64.EFI")
    shutil.copy(boot / "grubx64.efi.signed", disk / "EFI/BOOT/grubx64.efi")
    pem = directory / "mok.pem"
    convert = ["openssl", "x509", "-inform", "der", "-in", boot / "mok.pub", "-out", pem]
    subprocess.run(convert, check=True)
    enrol = ["virt-fw-vars", "--input", OVMF / "OVMF_VARS_4M.ms.fd"]
    enrol += ["--output", directory / "secureboot.vars", "--add-mok", OWNER, pem]
    subprocess.run(enrol, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def installed_kernel(boot: Path, abi: str) -> Kernel:
    """The lab's own, if it is the one that was installed, or else that: the archive moves."""
    for kernel in load_kernels():
        if kernel.abi == abi and filecmp.cmp(kernel.image, boot / f"vmlinuz-{abi}", shallow=False):
            return kernel
    return Kernel("trixie", abi, boot / "kernel/build")


def main() -> int:
    """Runs the tests of packages/ on the machine that they name."""
    boot, abi = Path(sys.argv[1]), sys.argv[2]
    logs = LAB / "logs/packages"
    logs.mkdir(parents=True, exist_ok=True)
    kernel = installed_kernel(boot, abi)
    plain, image = logs / "plain.cpio", logs / "image.cpio"
    with tempfile.TemporaryDirectory() as name:
        tests = Path(name) / "tests"
        shutil.copytree(DIRECTORY, tests)
        shutil.copy(boot / "vga_stub.ko.xz", tests)
        build_image(kernel, tests, plain)
    add_selftest(boot / f"initrd.img-{abi}", plain, image)
    secure = (boot / "shimx64.efi.signed").exists()
    if secure:
        prepare_secure_boot(boot, logs)

    bad = 0
    for test in load_tests(DIRECTORY):
        for name in test.topologies:
            if name == "secureboot" and not secure:
                continue
            machine = load_topologies()[name]
            for result in Boot(kernel, machine, [test], image, logs / f"{abi}-{name}").run():
                print(result.outcome, abi, name, result.name, f"{result.seconds:.1f} s")
                print(*result.details, sep="\n")
                bad += result.outcome != "ok"
    plain.unlink()
    image.unlink()
    shutil.rmtree(logs / "disk", ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
