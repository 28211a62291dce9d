# SPDX-License-Identifier: GPL-2.0
"""One boot of one machine: runs tests in it and says how each went."""

import gzip
import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from host import Host
from lab import Kernel
from result import Result
from tests import Test
from topology import SELFTESTS, Topology

OVMF = Path("/usr/share/OVMF")
# A topology's firmware: its code, and the variables that it starts with. Those of Secure Boot,
# with the owner's key, are beside the image.
UEFI = {
    "ovmf": (OVMF / "OVMF_CODE_4M.fd", OVMF / "OVMF_VARS_4M.fd"),
    "secureboot": (OVMF / "OVMF_CODE_4M.ms.fd", Path("secureboot.vars")),
}
XEN = Path("/boot/xen-4.20-amd64.gz")
BOOT_LIMIT = 120
# The guest ends a test that is late by itself; this much later the host does.
GRACE = 30
# What the user says to tests that want to be told.
PASSED_ON = ("DURATION", "SEED")
# Lines of the kernel's log in a report, at its beginning and at its end.
SHOWN = 150
# What init looks for in the log after each test.
BAD_LOG = re.compile((SELFTESTS / "tests/bad-log").read_text().strip())


# What emulates or runs the processors. With a thread for each, QEMU 10's emulation aborts when one
# processor moves a BAR that another is using (iotlb_to_section in system/physmem.c), and loses
# timers.
ACCELERATORS = {"tcg": "tcg,thread=single", "kvm": "kvm"}


def run_tests(
    kernel: Kernel, topology: Topology, tests: list[Test], image: Path, log: Path, accel: str = "tcg"
) -> Iterator[Result]:
    """Runs tests in turn, in as many boots as it takes."""
    log.mkdir(parents=True, exist_ok=True)
    rest = tests
    boots = 0
    while rest:
        boots += 1
        for result in Boot(kernel, topology, rest, image, log / f"boot{boots}", accel=accel).run():
            rest = rest[1:]
            yield result


class Boot:
    """One QEMU process. Ends at the first test that spoils the machine."""

    def __init__(
        self,
        kernel: Kernel,
        topology: Topology,
        tests: list[Test],
        image: Path,
        log: Path,
        listener: Callable[[str], None] | None = None,
        accel: str = "tcg",
        machine: Path | None = None,
    ):
        self.kernel = kernel
        self.slow = kernel.slow
        self.topology = topology
        self.tests = tests
        self.image = image
        self.listener = listener
        self.accel = accel
        # A root file system that the guest may change.
        self.machine = machine
        self.console = log.with_suffix(".console")
        self.tap = log.with_suffix(".tap")
        self.stderr = log.with_suffix(".qemu")
        self.cpu = log.with_suffix(".cpu")
        self.vars = log.with_suffix(".vars")
        self.disk = log.with_suffix(".disk")
        # With pictures, and what else a guest asked for.
        self.answers = log.with_suffix(".answers")
        self.monitor = log.with_suffix(".monitor")
        self.host = Host(self.answers, self.monitor, self.cpu)

    def run(self) -> Iterator[Result]:
        """Boots, and waits for the end of tests or of the guest. Yields at least one result."""
        with self.stderr.open("w") as stderr:
            command = self._prepare(f"file:{self.console}")
            stderr.write(shlex.join(command) + "\n")
            stderr.flush()
            qemu = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr
            )
            try:
                yield from self._follow(qemu)
            finally:
                self._end(qemu)

    def interact(self) -> int:
        """Boots, and connects the guest's first serial port with the terminal, where init starts a
        shell. Returns QEMU's exit status."""
        qemu = subprocess.Popen(self._prepare("mon:stdio"))
        try:
            for line in self._lines(qemu, lambda: float("inf")):
                if line.startswith("#:ask "):
                    self.host.answer(line)
                elif line.startswith("#:boot-failed"):
                    print(line)
            return qemu.wait()
        finally:
            self._end(qemu)

    def _prepare(self, serial: str) -> list[str]:
        """Makes what QEMU opens, and its command line."""
        self.tap.write_text("")
        shutil.rmtree(self.answers, ignore_errors=True)
        self.answers.mkdir()
        return self._command(serial)

    def _end(self, qemu: subprocess.Popen[bytes]) -> None:
        """Ends QEMU, and removes what nobody wants to look at."""
        qemu.kill()
        qemu.wait()
        for path in (self.vars, self.disk, self.monitor):
            path.unlink(missing_ok=True)
        if not any(self.answers.iterdir()):
            self.answers.rmdir()

    def _command(self, serial: str) -> list[str]:
        top = self.topology
        words = [
            "console=ttyS0 no_console_suspend panic=-1 panic_on_warn=1 oops=panic printk.devkmsg=on",
            "log_buf_len=4M loglevel=4 random.trust_cpu=on",
            # Emulated on a busy machine, time does not pass as these checks expect.
            "no_timer_check tsc=reliable rcupdate.rcu_cpu_stall_suppress=1",
            # A second of each boot, for what no test is about.
            "cryptomgr.notests edd=off",
            top.append,
            f"TOPOLOGY={top.name}",
            f"KERNEL={self.kernel.image}",
            f"IMAGE={self.image}",
            "CARDS=" + ",".join(f"{k}:{v}" for k, v in top.cards.items()),
            "ROMS=" + ",".join(f"{k}:{v}" for k, v in top.roms.items()),
            "MODULES=" + ",".join(top.modules),
            "ASKS=1" if top.asks else "",
            "DISK=1" if top.disk else "",
            f"SLOW={self.slow}",
            *(f"{name}={os.environ[name]}" for name in PASSED_ON if name in os.environ),
            "TESTS=" + ",".join(test.name for test in self.tests),
        ]
        # An eighth of it is KASAN's, and what is freed stays for a while.
        memory = top.memory + 512 * self.kernel.sanitizers
        # With five levels of pages KASAN finds its own memory wrong when UEFI starts 7.2.
        cpu = "max,la57=off" if self.kernel.sanitizers else "max"
        command = ["qemu-system-x86_64", "-machine", top.machine]
        # A NUMA node is no less than a socket.
        sockets = f",sockets={top.nodes}" if top.nodes else ""
        command += ["-accel", ACCELERATORS[self.accel], "-smp", f"{top.processors}{sockets}"]
        command += ["-cpu", cpu, "-m", str(memory), "-nodefaults"]
        for node in range(top.nodes):
            size = memory // top.nodes
            command += ["-object", f"memory-backend-ram,id=node{node},size={size}M"]
            command += ["-numa", f"node,nodeid={node},cpus={node},memdev=node{node}"]
        command += ["-vga", "none", "-nic", "none", "-display", "none", "-no-reboot"]
        command += ["-serial", serial, "-serial", f"file:{self.tap}"]
        # What the processors were doing if the guest dies without a word.
        logged = "cpu_reset,trace:pci_cfg_write" if top.asks else "cpu_reset"
        if top.counts:
            logged += ",trace:pci_cfg_read"
        command += ["-d", logged, "-D", str(self.cpu)]
        command += self._boot(" ".join(words))
        if top.firmware in UEFI:
            code, variables = UEFI[top.firmware]
            shutil.copy(self.image.parent / variables, self.vars)
            command += ["-drive", f"if=pflash,format=raw,readonly=on,file={code}"]
            command += ["-drive", f"if=pflash,format=raw,file={self.vars}"]
        for option in top.globals:
            command += ["-global", option]
        firmware = self.image.parent / "firmware"
        for device in top.devices:
            command += ["-device", device.replace("{firmware}", str(firmware))]
        for table in top.acpi:
            command += ["-acpitable", f"file={firmware / table}"]
        if top.disk:
            with self.disk.open("wb") as disk:
                disk.truncate(top.disk << 20)
            command += ["-drive", f"if=none,id=disk,format=raw,file={self.disk},cache=unsafe"]
            command += ["-device", "virtio-blk-pci,drive=disk,addr=1b.0"]
        if top.asks:
            command += ["-qmp", f"unix:{self.monitor},server=on,wait=off"]
            command += _share("answers", self.answers, "1c.0") + _share("lab", Path("/"), "1d.0")
        if self.machine:
            command += _share("machine", self.machine, "1e.0", write=True)
        return command

    def _boot(self, words: str) -> list[str]:
        """What QEMU is to load: the kernel, or a hypervisor that loads it."""
        if self.topology.firmware == "secureboot":
            return self._boot_disk(words)
        if not self.topology.hypervisor:
            return ["-kernel", str(self.kernel.image), "-initrd", str(self.image), "-append", words]
        # QEMU takes modules apart at commas. The TAP port is the kernel's own.
        words = words.replace("console=ttyS0", "console=hvc0").replace(",", ",,")
        hypervisor = self.stderr.with_suffix(".xen")
        with gzip.open(XEN) as packed:
            hypervisor.write_bytes(packed.read())
        return [
            *("-kernel", str(hypervisor), "-append", self.topology.hypervisor),
            *("-initrd", f"{self.kernel.image} {words},{self.image}"),
        ]

    def _boot_disk(self, words: str) -> list[str]:
        """A disk with what is beside the image (shim and GRUB), the kernel, and the image.

        QEMU's own way to start the kernel, by -shim, is refused: shim itself takes nothing
        that has no SBAT section, as Debian's kernels have none. It leaves them to GRUB.
        """
        disk = self.image.parent / "disk"
        shutil.copy(self.kernel.image, disk / "vmlinuz")
        shutil.copy(self.image, disk / "initrd")
        config = f"linux /vmlinuz {words}\ninitrd /initrd\nboot\n"
        (disk / "EFI/debian/grub.cfg").write_text(config)
        return ["-drive", f"format=raw,file=fat:rw:{disk}"]

    def _follow(self, qemu: subprocess.Popen[bytes]) -> Iterator[Result]:
        judged = False
        lines: list[str] = []  # of the test that runs
        current: Test | None = None
        last_words = ""  # of the kernel, if the test ends the machine
        since = time.monotonic()
        limit = BOOT_LIMIT * self.slow
        for line in self._lines(qemu, lambda: since + limit):
            lines.append(line)
            if self.listener:
                self.listener(line)
            if line.startswith("#:start ") and current:
                break  # The machine has started again, and nobody wanted that.
            if line.startswith("#:start "):
                current = next(t for t in self.tests if t.name == line.split()[1])
                limit = (current.limit + GRACE) * self.slow
                lines.clear()
                since = time.monotonic()
            elif line.startswith("#:end ") and current:
                yield self._judge(current, lines, time.monotonic() - since)
                judged = True
                current = None
                limit = GRACE * self.slow
                since = time.monotonic()
            elif line.startswith("#:ask "):
                self.host.answer(line)
            elif line.startswith("#:ends "):
                last_words = line.removeprefix("#:ends ")
            elif line == "#:done" and judged:
                return

        if current and last_words and qemu.poll() == 0:
            yield self._judge_end(current, lines, time.monotonic() - since, last_words)
            return

        # The guest is dead, or late.
        if not current and judged:
            return  # after a test that spoiled the machine, as it should
        victim = current or self.tests[0]
        result = Result(victim.name, seconds=time.monotonic() - since)
        late = [line for line in lines if line.startswith("#:timeout ")]
        if late:
            result.fail(f"not done in {late[0].split()[2]} s")
        elif qemu.poll() is None:
            result.fail(f"the guest said nothing more for {limit} s")
        else:
            result.fail(f"the guest died; QEMU's exit status is {qemu.returncode}")
        result.fail(*lines, *self._window(victim), *self.stderr.read_text().splitlines()[1:])
        yield result
        if not current:
            for test in self.tests[1:]:
                yield Result(test.name, "failed", details=["no boot, as above"])

    def _lines(self, qemu: subprocess.Popen[bytes], deadline):
        """Lines of the TAP port as they come, until the guest is gone or late."""
        rest = ""
        with self.tap.open(errors="replace") as tap:
            while True:
                gone = qemu.poll() is not None
                rest += tap.read()
                *whole, rest = rest.split("\n")
                for line in whole:
                    yield line.rstrip("\r")
                if gone or time.monotonic() > deadline():
                    return
                if not whole:
                    time.sleep(0.05)

    def _judge(self, test: Test, lines: list[str], seconds: float) -> Result:
        result = Result(test.name, seconds=seconds)
        status = int(lines[-1].split()[2])
        left = [line.removeprefix("#:left ") for line in lines if line.startswith("#:left ")]
        tap = [line for line in lines if not line.startswith("#:")]
        plans = [line for line in tap if re.match(r"1\.\.\d+", line)]
        ran = [line for line in tap if re.match(r"(not )?ok \d+", line)]
        failed = [line for line in ran if line.startswith("not ")]

        if plans and "# SKIP" in plans[0]:
            result.outcome = "skipped"
            result.details.append(plans[0].partition("# SKIP ")[2])
        elif failed:
            result.fail(f"{len(failed)} of {len(ran)} assertions failed")
        elif not ran or [f"1..{len(ran)}"] != plans:
            result.fail(f"{len(ran)} assertions, but the plan says {plans}")
        elif status != 0:
            result.fail(f"exit status {status}")
        if left:
            result.fail("not left as found:", *left)
        if result.outcome == "failed":
            result.fail(*tap, *self._window(test))
        return result

    def _judge_end(self, test: Test, lines: list[str], seconds: float, last_words: str) -> Result:
        """Of a test that has ended the machine."""
        result = self._judge(test, [*lines, f"#:end {test.name} 0"], seconds)
        window = self._window(test)
        bad = [line for line in window if BAD_LOG.search(line)]
        if not [line for line in window if line][-1].endswith(last_words):
            result.fail(f"the kernel did not end with '{last_words}'")
        if bad:
            result.fail("the kernel complained:", *bad)
        if result.outcome == "failed":
            result.fail(*window)
        return result

    def _window(self, test: Test) -> list[str]:
        """What the kernel logged during a test; all of it if the test has not begun."""
        lines = [
            line.rstrip("\r")
            for line in self.console.read_text(errors="replace").split("\n")
        ]
        # A test that goes on in another kernel starts there again.
        starts = [i for i, text in enumerate(lines) if f"selftest: start {test.name}" in text]
        window = lines[starts[0] :] if starts else lines[-60:]
        ends = [i for i, text in enumerate(window) if f"selftest: end {test.name}" in text]
        window = window[: ends[0]] if ends else window
        if len(window) > 2 * SHOWN:
            window = [*window[:SHOWN], f"... {self.console} has the rest", *window[-SHOWN:]]
        return ["--- kernel log", *window]


def _share(tag: str, directory: Path, addr: str, write: bool = False) -> list[str]:
    """A directory that the guest can mount and read; with `write`, change as root."""
    how = "passthrough" if write else "none,readonly=on"
    shared = f"local,id={tag},path={directory},security_model={how},multidevs=remap"
    return [
        *("-fsdev", shared),
        *("-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag},addr={addr}"),
    ]
