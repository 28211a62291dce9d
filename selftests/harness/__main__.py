# SPDX-License-Identifier: GPL-2.0
"""Runs checks and guest tests in the lab, and reports in TAP."""

import argparse
import fcntl
import math
import os
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import checks
import plan
from command import PREFIX, build_command
from durations import Durations
from guest import ACCELERATORS, Boot, run_tests
from image import build_image, build_real_image
from lab import LAB, load_kernels, open_kvm
from mistakes import Mistake
from report import Report
from result import Result
from tests import AREAS, load_tests
from topology import SELFTESTS, load_topologies

KEPT_LOGS = 8
TOO_LATE = "the time that --minutes gave was over before its boot"
# For a large guest and its QEMU.
MEMORY_FOR_EACH = 2 << 30


def default_jobs() -> int:
    """Three for two processors, as much of the time of a guest's test is waiting; but no more than there
    is memory for."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(3 * (os.cpu_count() or 1) // 2, memory // MEMORY_FOR_EACH))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="selftests/run", description=__doc__, allow_abbrev=False
    )
    parser.add_argument("--kernel", action="append", help="only this ABI (or its beginning)")
    parser.add_argument("--topology", action="append", help="only guests of this topology")
    parser.add_argument("--test", action="append", help="only this guest test or check")
    parser.add_argument(
        "--jobs", type=int, default=default_jobs(), help=f"at once; {default_jobs()} by default, here"
    )
    parser.add_argument(
        "--sanitizers", action="store_true", help="guest tests on the sanitizer kernel instead"
    )
    parser.add_argument(
        "--every", action="store_true", help="every guest test on the other suites' kernels too"
    )
    parser.add_argument(
        "--accel", choices=sorted(ACCELERATORS), default="tcg", help="how guests run; tcg by default"
    )
    parser.add_argument(
        "--minutes", type=int, help="begin no boot later than so many minutes from now; skip the rest"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument(
        "--list", action="store_true", help="what each test asserts, and its machines; run nothing"
    )
    instead.add_argument(
        "--plan", action="store_true", help="a line for each result that there would be; run nothing"
    )
    instead.add_argument(
        "--shell", metavar="TOPOLOGY", help="a prompt in a guest, on the newest kernel or --kernel"
    )
    args = parser.parse_args()
    if args.jobs < 1:
        parser.error("argument --jobs: 1 or more")
    return args


def run_guest(
    report: Report, guest: plan.Guest, logs: Path, accel: str, deadline: float
) -> None:
    """All tests of one kernel and topology."""
    kernel, topology, tests = guest.kernel, guest.topology, guest.tests
    prefix = f"{kernel.short} {topology.name}"
    if time.monotonic() > deadline:
        for test in tests:
            report.add(prefix, Result(test.name, "skipped", details=[TOO_LATE]))
        return
    if not (kernel.out / "vga_stub.ko").exists():
        for test in tests:
            report.add(prefix, Result(test.name, "skipped", details=["no module was built"]))
        return
    try:
        image = image_for(guest, logs)
    except RuntimeError as error:
        for test in tests:
            report.add(prefix, Result(test.name, "failed", details=str(error).splitlines()))
        return
    log = logs / f"{kernel.abi}-{topology.name}"
    for result in run_tests(kernel, topology, tests, image, log, accel):
        report.add(prefix, result)


def image_for(guest: plan.Guest, logs: Path) -> Path:
    """What a guest boots with; made from the kernel's plain image, where the machine wants more."""
    plain = logs / f"{guest.kernel.abi}.cpio"
    if not guest.topology.initramfs:
        return plain
    image = logs / f"{guest.kernel.abi}-{guest.topology.name}.cpio"
    build_real_image(guest.kernel, guest.topology, plain, image)
    return image


def new_logs() -> Path:
    """A directory for this run's logs. The last few runs' are kept."""
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
    directory = os.open(logs, os.O_RDONLY)
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        return True
    finally:
        os.close(directory)


def run(chosen: plan.Plan, jobs: int, accel: str, minutes: int | None) -> int:
    """Builds first, and beside them what needs no build; then everything else, the longest first."""
    deadline = math.inf if minutes is None else time.monotonic() + 60 * minutes
    logs = new_logs()
    report = Report(chosen.size)
    durations = Durations()
    report.begin()

    def timed(name: str, work: Callable[..., None], *args: Any) -> None:
        start = time.monotonic()
        work(*args)
        durations.note(name, time.monotonic() - start)

    with ThreadPoolExecutor(jobs) as pool:

        def submit(tasks: list[tuple]) -> list[Future[None]]:
            tasks.sort(key=lambda task: -durations.of(task[0]))
            return [pool.submit(timed, *task) for task in tasks]

        alone = not chosen.checks and not chosen.guests
        builds = [pool.submit(checks.run, report, build, logs, alone) for build in chosen.builds]
        tasks = {
            check: (f"{check.prefix} {check.name}", checks.run, report, check, logs)
            for check in chosen.checks
        }
        work = submit([task for check, task in tasks.items() if check.independent])
        wait(builds)
        wanted = any(t.name.startswith(PREFIX) for guest in chosen.guests for t in guest.tests)
        command = build_command() if wanted else None
        for kernel in {id(guest.kernel): guest.kernel for guest in chosen.guests}.values():
            build_image(kernel, SELFTESTS / "tests", logs / f"{kernel.abi}.cpio", command)
        work += submit(
            [task for check, task in tasks.items() if not check.independent]
            + [
                (name, run_guest, report, guest, logs, accel, deadline)
                for guest in chosen.guests
                for name in [f"{guest.kernel.short} {guest.topology.name}"]
            ]
        )
        wait(work)

    for image in logs.glob("*.cpio"):
        image.unlink()
    durations.save()
    return report.end(Path(os.environ.get("VGA_STUB_LAB_HOST", "/lab")) / logs.relative_to(LAB))


def shell(guest: plan.Guest, build: checks.Check, accel: str) -> int:
    """Builds the module, and boots a machine with a prompt on this terminal."""
    logs = new_logs()
    report = Report(1)
    checks.run(report, build, logs)
    if report.counts["failed"]:
        return 1
    build_image(guest.kernel, SELFTESTS / "tests", logs / f"{guest.kernel.abi}.cpio")
    image = image_for(guest, logs)
    print(
        f"{guest.kernel.abi} on {guest.topology.name}: {guest.topology.about}.\n"
        "The functions of tests/lib.sh are there, and $HELD and the like: load ids=1234:1111; class $HELD state\n"
        "'exit' ends the machine; so does Ctrl-A X.",
        flush=True,
    )
    return Boot(guest.kernel, guest.topology, [], image, logs / "shell", accel=accel).interact()


def print_list(house: plan.House, chosen: plan.Plan) -> None:
    """Each test that would run, once, by area: its name, what it asserts, its machines."""
    machines: dict[str, list[str]] = {}
    for guest in chosen.guests:
        for test in guest.tests:
            if guest.topology.name not in machines.setdefault(test.name, []):
                machines[test.name].append(guest.topology.name)
    for area, about in AREAS.items():
        here = [t for t in house.tests if t.area == area and t.name in machines]
        if here:
            print(f"{area}: {about}")
        for test in here:
            print(f"  {test.name:22}{test.sentence} [{' '.join(machines[test.name])}]")
    names = {check.name for check in (*chosen.builds, *chosen.checks)}
    print("checks: without a guest")
    for script in house.scripts:
        if script.name in names:
            print(f"  {script.name:22}{script.sentence}")


def print_plan(chosen: plan.Plan) -> None:
    """A line for each result."""
    for check in (*chosen.builds, *chosen.checks):
        print(check.prefix, check.name)
    for guest in chosen.guests:
        for test in guest.tests:
            print(guest.kernel.short, guest.topology.name, test.name)


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
        if args.accel == "kvm":
            open_kvm()
        if args.shell:
            return shell(*plan.shell(args, house), args.accel)
        chosen = plan.make(args, house)
    except Mistake as mistake:
        for line in str(mistake).splitlines():
            print(f"selftests/run: {line}", file=sys.stderr)
        return 2
    if args.list:
        print_list(house, chosen)
    elif args.plan:
        print_plan(chosen)
    else:
        return run(chosen, args.jobs, args.accel, args.minutes)
    return 0


def wait(work: list[Future[None]]) -> None:
    """Waits for all; an exception in any is a fault of the harness and ends it."""
    for done in as_completed(work):
        done.result()


if __name__ == "__main__":
    sys.exit(main())
