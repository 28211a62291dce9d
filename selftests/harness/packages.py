# SPDX-License-Identifier: GPL-2.0
"""Boots what a user's machine has after the package was installed: its kernel and its
initramfs. See packages/run.

Usage: packages.py BOOT ABI [MACHINE], where BOOT is the directory with vmlinuz-ABI, initrd.img-ABI, the kernel's
modules, ours as DKMS has installed it, and, for Secure Boot, the key that it is signed with and the
signed shim and GRUB. With MACHINE, the root of that machine, the tests of packages/setup change it:
each in a boot of its own, with the initramfs that the one before has left in its /boot.
"""

import dataclasses
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


def run_installed(kernel: Kernel, boot: Path, logs: Path) -> int:
    """Runs the tests of packages/ on the machines that they name. Returns how many went wrong."""
    image = logs / "image.cpio"
    prepare(kernel, DIRECTORY, boot, boot / f"initrd.img-{kernel.abi}", image)
    secure = (boot / "shimx64.efi.signed").exists()
    if secure:
        prepare_secure_boot(boot, logs)
    bad = 0
    for test in load_tests(DIRECTORY):
        for name in test.topologies:
            if name == "secureboot" and not secure:
                continue
            machine = load_topologies()[name]
            bad += show(kernel, Boot(kernel, machine, [test], image, logs / f"{kernel.abi}-{name}"))
    shutil.rmtree(logs / "disk", ignore_errors=True)
    return bad


def run_setup(kernel: Kernel, boot: Path, logs: Path, root: Path) -> int:
    """Runs the tests of packages/setup in turn, each in a boot of what the machine has then. Returns
    how many went wrong; what follows the first would not be a test of its own."""
    image = logs / "image.cpio"
    for test in load_tests(DIRECTORY / "setup"):
        prepare(kernel, DIRECTORY / "setup", boot, root / f"boot/initrd.img-{kernel.abi}", image)
        machine = dataclasses.replace(load_topologies()[test.topologies[0]], memory=1024)
        log = logs / test.name
        if show(kernel, Boot(kernel, machine, [test], image, log, machine=root)):
            return 1
    return 0


def prepare(kernel: Kernel, directory: Path, boot: Path, made: Path, image: Path) -> None:
    """Makes what is booted of a real initramfs and a directory of tests."""
    plain = image.with_name("plain.cpio")
    with tempfile.TemporaryDirectory() as name:
        tests = Path(name) / "tests"
        shutil.copytree(directory, tests, ignore=shutil.ignore_patterns("setup"))
        shutil.copy(boot / "vga_stub.ko.xz", tests)
        build_image(kernel, tests, plain)
    add_selftest(made, plain, image)
    plain.unlink()


def show(kernel: Kernel, boot: Boot) -> int:
    """Boots, and says how it went. Returns how many tests went wrong."""
    bad = 0
    for result in boot.run():
        name = boot.topology.name
        print(result.outcome, kernel.abi, name, result.name, f"{result.seconds:.1f} s")
        print(*result.details, sep="\n")
        bad += result.outcome != "ok"
    return bad


def main() -> int:
    """Boots what the machine has, and runs the tests that are for it."""
    boot, abi = Path(sys.argv[1]), sys.argv[2]
    logs = LAB / "logs/packages"
    logs.mkdir(parents=True, exist_ok=True)
    kernel = installed_kernel(boot, abi)
    if len(sys.argv) > 3:
        bad = run_setup(kernel, boot, logs, Path(sys.argv[3]))
    else:
        bad = run_installed(kernel, boot, logs)
    (logs / "image.cpio").unlink()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
