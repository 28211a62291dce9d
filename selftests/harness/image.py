# SPDX-License-Identifier: GPL-2.0
"""The guests' initramfs: busybox, kernel modules, test programs, tests."""

import hashlib
import lzma
import shutil
import subprocess
import tempfile
from pathlib import Path

from acpi import build_tables
from command import TREES
from firmware import build_firmware
from lab import LAB, Kernel
from tests import limits, load_tests
from topology import SELFTESTS, Topology

# Loaded by tests, by topologies, or by the kernel on a test's behalf. What they
# depend on comes with them.
MODULES = (
    "9p",
    "9pnet_virtio",
    "bochs",
    "cirrus-qemu",
    "e1000e",
    "igb",
    "pci-stub",
    "qxl",
    "snd-hda-intel",
    "vfio-pci",
    "vfio_iommu_type1",
    "virtio-blk",
    "virtio-gpu",
    "xhci-pci",
)
# The stock kernels or the sanitizer kernel do not have these.
OPTIONAL = (
    "iommufd",
    "overlay",
    "pci-pf-stub",
    "simpledrm",
    "xen-evtchn",
    "xen-gntalloc",
    "xen-gntdev",
    "xen-pciback",
    "xen-pcifront",
    "xen-privcmd",
    "xenfs",
)
PROGRAMS = ("/usr/bin/lspci", "/usr/bin/setpci")
ROMS = Path("/usr/share/seabios")


def build_programs() -> Path:
    """Compiles progs/*.c, each by itself, where its source is newer."""
    out = LAB / "build/progs"
    out.mkdir(parents=True, exist_ok=True)
    for source in sorted((SELFTESTS / "progs").glob("*.c")):
        key = hashlib.sha256(source.read_bytes()).hexdigest()
        target, stamp = out / source.stem, out / f"{source.stem}.key"
        if stamp.exists() and stamp.read_text() == key:
            continue
        flags = ["-static", "-O1", "-std=gnu11", "-Wall", "-Wextra", "-Werror"]
        subprocess.run(["gcc", *flags, "-o", target, source], check=True)
        stamp.write_text(key)
    return out


def build_base(kernel: Kernel) -> Path:
    """The part that changes with the kernel only; made once."""
    key = hashlib.sha256(Path(__file__).read_bytes())
    key.update((kernel.kdir.parent / "stamp").read_bytes())
    image = LAB / "build/images" / f"{kernel.abi}-{key.hexdigest()[:12]}.cpio"
    if image.exists():
        return image

    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for directory in ("bin", "dev", "proc", "sys", "run", "tmp", "lib", "roms"):
            (root / directory).mkdir()
        (root / "usr").symlink_to(".")
        (root / "sbin").symlink_to("bin")
        (root / "lib64").symlink_to("lib")
        shutil.copy("/usr/bin/busybox", root / "bin/busybox")
        _copy_dynamic(root)
        for rom in ROMS.glob("vgabios-*.bin"):
            shutil.copy(rom, root / "roms")
        _copy_modules(kernel, root)
        subprocess.run(
            ["mknod", "-m", "600", root / "dev/console", "c", "5", "1"], check=True
        )
        image.parent.mkdir(parents=True, exist_ok=True)
        for old in image.parent.glob(f"{kernel.abi}-*.cpio"):
            old.unlink()
        partial = image.with_suffix(".partial")
        partial.write_bytes(_cpio(root))
        partial.rename(image)
    return image


def build_image(
    kernel: Kernel, tests: Path, target: Path, command: Path | None = None
) -> None:
    """The whole: base, programs, ROMs, a directory of tests, our module if it is there, and the
    user's command, if some test wants it.

    The ROMs are for QEMU as well, in the directory "firmware" beside the image.
    """
    firmware = build_firmware(target.parent / "firmware")
    build_tables(firmware)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "bin").mkdir()
        (root / "lib").mkdir()
        shutil.copytree(SELFTESTS / "tests", root / "tests")
        if tests != SELFTESTS / "tests":
            shutil.copytree(tests, root / "tests", dirs_exist_ok=True)
        # The directory's own, and what comes last in each boot.
        both = (SELFTESTS / "tests", tests)
        shown = {test.name: test for directory in both for test in load_tests(directory)}
        (root / "tests/limits").write_text(limits([*shown.values()]))
        shutil.copytree(firmware, root / "roms")
        shutil.copy(SELFTESTS / "guest/init", root / "init")
        for program in build_programs().iterdir():
            if not program.suffix:
                shutil.copy(program, root / "bin")
        if command:
            shutil.copy(command, root / "bin")
            shutil.copytree(TREES, root / "trees")
        for module in (
            kernel.out / "vga_stub.ko",
            *Path(f"{kernel.out}-modules").glob("*.ko"),
        ):
            if module.exists():
                shutil.copy(module, root / "lib")
        target.write_bytes(build_base(kernel).read_bytes() + _cpio(root))


def build_real_image(kernel: Kernel, topology: Topology, plain: Path, target: Path) -> None:
    """What a user's machine boots with, made by the topology's own tool (images/) from the
    module, its hooks and the topology's options; and the plain image in it, as the directory
    that it ends in."""
    module = kernel.out / "vga_stub.ko" if topology.options != "none" else ""
    maker = SELFTESTS / f"images/{topology.initramfs}.sh"
    with tempfile.TemporaryDirectory() as name:
        made = Path(name) / "image"
        command = ["unshare", "--mount", "--", "bash", maker, kernel.abi, kernel.release]
        command += [module, made, topology.options]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace"
        )
        if done.returncode:
            raise RuntimeError(f"{maker.name}: {done.stdout}")
        add_selftest(made, plain, target)


def add_selftest(made: Path, plain: Path, target: Path) -> None:
    """A real image, made to end in the directory "selftest", with the plain one in that directory."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "selftest").mkdir()
        with plain.open("rb") as archive:
            extract = ["cpio", "--quiet", "-idm"]
            # Two archives, one after the other: cpio reads one at a time.
            for _ in range(2):
                subprocess.run(extract, cwd=root / "selftest", check=True, stdin=archive)
        real = made.read_bytes()
        target.write_bytes(real + bytes(-len(real) % 512) + _cpio(root))


def _cpio(root: Path) -> bytes:
    names = subprocess.run(
        ["find", ".", "-mindepth", "1", "-print0"],
        cwd=root,
        check=True,
        stdout=subprocess.PIPE,
    )
    archive = subprocess.run(
        ["cpio", "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"],
        cwd=root,
        check=True,
        input=names.stdout,
        stdout=subprocess.PIPE,
    )
    return archive.stdout


def _copy_dynamic(root: Path) -> None:
    """Programs with the shared libraries that they name."""
    for program in PROGRAMS:
        shutil.copy(program, root / "bin")
        libraries = subprocess.run(
            ["ldd", program], check=True, text=True, stdout=subprocess.PIPE
        )
        for word in libraries.stdout.split():
            if word.startswith("/"):
                shutil.copy(word, root / "lib")


def _copy_modules(kernel: Kernel, root: Path) -> None:
    """MODULES with their dependencies, uncompressed, and their indexes."""
    base = kernel.kdir.parent
    target = root / "lib/modules" / kernel.abi
    if not (kernel.release / "modules.dep").exists():
        _depmod(base / "usr", kernel.abi)
    depends: dict[str, list[str]] = {}
    for line in (kernel.release / "modules.dep").read_text().splitlines():
        path, _, needs = line.partition(":")
        depends[path] = needs.split()
    by_name = {
        Path(path).name.partition(".")[0].replace("_", "-"): path for path in depends
    }

    for name in (*MODULES, *OPTIONAL):
        path = by_name.get(name.replace("_", "-"))
        if path is None and name in OPTIONAL:
            continue
        if path is None:
            raise SystemExit(f"{kernel.abi} has no module {name}")
        for item in (path, *depends[path]):
            plain = target / item.removesuffix(".xz")
            plain.parent.mkdir(parents=True, exist_ok=True)
            content = (kernel.release / item).read_bytes()
            if item.endswith(".xz"):
                content = lzma.decompress(content)
            plain.write_bytes(content)
    _depmod(root, kernel.abi)


def _depmod(root: Path, abi: str) -> None:
    # Quiet: it warns of lists of built-in modules, which only the installed package has.
    subprocess.run(["depmod", "-b", root, abi], check=True, stderr=subprocess.DEVNULL)
