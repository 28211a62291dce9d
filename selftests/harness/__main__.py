# SPDX-License-Identifier: GPL-2.0
"""Runs checks and guest tests in the lab, and reports in TAP."""

import argparse
import fcntl
import os
import shutil
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import checks
import plan
from command import PREFIX, build_command
from guest import run_tests
from image import build_base, build_image, build_programs, build_real_image
from lab import LAB, load_kernels
from mistakes import Mistake
from report import Report
from result import Result
from tests import load_tests
from topology import SELFTESTS, load_topologies

KEPT_LOGS = 8


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="selftests/run", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--kernel", action="append", help="only this ABI (or its beginning)")
    parser.add_argument("--topology", action="append", help="only guests of this topology")
    parser.add_argument("--test", action="append", help="only this guest test or check")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once")
    parser.add_argument(
        "--sanitizers", action="store_true", help="guest tests on the sanitizer kernel instead"
    )
    parser.add_argument(
        "--every", action="store_true", help="every guest test on the other suites' kernels too"
    )
    parser.add_argument("--list", action="store_true", help="name the tests, run nothing")
    args = parser.parse_args()
    if args.jobs < 1:
        parser.error("argument --jobs: 1 or more")
    return args


def run_guest(report: Report, guest: plan.Guest, logs: Path) -> None:
    """All tests of one kernel and topology."""
    kernel, topology, tests = guest.kernel, guest.topology, guest.tests
    prefix = f"{kernel.short} {topology.name}"
    if not (kernel.out / "vga_stub.ko").exists():
        for test in tests:
            report.add(prefix, Result(test.name, "skipped", details=["no module was built"]))
        return
    image = logs / f"{kernel.abi}.cpio"
    if topology.initramfs:
        plain, image = image, logs / f"{kernel.abi}-{topology.name}.cpio"
        try:
            build_real_image(kernel, topology, plain, image)
        except RuntimeError as error:
            for test in tests:
                report.add(prefix, Result(test.name, "failed", details=str(error).splitlines()))
            return
    for result in run_tests(kernel, topology, tests, image, logs / f"{kernel.abi}-{topology.name}"):
        report.add(prefix, result)


def new_logs() -> Path:
    """A folder for this run's logs. The last few runs' are kept."""
    parent = LAB / "logs/selftests"
    parent.mkdir(parents=True, exist_ok=True)
    for old in sorted(parent.iterdir())[:-KEPT_LOGS]:
        if not in_use(old):
            shutil.rmtree(old, ignore_errors=True)
    logs = parent / time.strftime("%Y%m%d-%H%M%S")
    while logs.exists():
        logs = logs.with_name(logs.name + "-")
    logs.mkdir()
    # Until this process ends.
    fcntl.flock(os.open(logs, os.O_RDONLY), fcntl.LOCK_SH)
    return logs


def in_use(logs: Path) -> bool:
    """Whether another run still writes there."""
    folder = os.open(logs, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(folder)


def run(chosen: plan.Plan, jobs: int) -> int:
    """Builds first, then everything else, as many at once as there are processors."""
    logs = new_logs()
    report = Report(chosen.size)
    report.begin()

    with ThreadPoolExecutor(jobs) as pool:
        alone = not chosen.checks and not chosen.guests
        wait([pool.submit(checks.run, report, build, logs, alone) for build in chosen.builds])
        if chosen.guests:
            build_programs()
            wanted = any(t.name.startswith(PREFIX) for guest in chosen.guests for t in guest.tests)
            command = build_command() if wanted else None
            for kernel in {id(guest.kernel): guest.kernel for guest in chosen.guests}.values():
                build_base(kernel)
                image = logs / f"{kernel.abi}.cpio"
                build_image(kernel, SELFTESTS / "tests", image, command)
        work: list[Future[None]] = [
            pool.submit(run_guest, report, guest, logs) for guest in chosen.guests
        ]
        work += [pool.submit(checks.run, report, check, logs) for check in chosen.checks]
        wait(work)

    for image in logs.glob("*.cpio"):
        image.unlink()
    return report.end(Path(os.environ.get("VGA_STUB_LAB_HOST", "/lab")) / logs.relative_to(LAB))


def main() -> int:
    """What the command line says."""
    args = parse()
    try:
        machines = load_topologies()
        house = plan.House(
            kernels=load_kernels(args.sanitizers),
            topologies=machines,
            tests=load_tests(SELFTESTS / "tests", machines),
            scripts=checks.load_scripts(),
        )
        chosen = plan.make(args, house)
    except Mistake as mistake:
        for line in str(mistake).splitlines():
            print(f"selftests/run: {line}", file=sys.stderr)
        return 2
    if args.list:
        for check in (*chosen.builds, *chosen.checks):
            print(check.prefix, check.name)
        for guest in chosen.guests:
            for test in guest.tests:
                print(guest.kernel.short, guest.topology.name, test.name)
        return 0
    return run(chosen, args.jobs)


def wait(work: list[Future[None]]) -> None:
    """Waits for all; an exception in any is a fault of the harness and ends it."""
    for done in as_completed(work):
        done.result()


if __name__ == "__main__":
    sys.exit(main())
