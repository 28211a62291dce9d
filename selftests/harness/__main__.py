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
from guest import Result, run_tests
from image import build_base, build_image, build_programs, build_real_image
from lab import LAB, Kernel, load_kernels
from report import Report
from topology import SELFTESTS, Test, Topology, load_tests, load_topologies

# All tests run on this suite's kernels; on others', those that say so, in one guest.
MAIN_SUITE = "trixie"
SMOKE_TOPOLOGY = "plugin"
KEPT_LOGS = 8


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="selftests/run", description=__doc__)
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
    return parser.parse_args()


def chosen(name: str, only: list[str] | None) -> bool:
    """Whether a --option lets this one through."""
    return not only or name in only


def guest_plan(
    args: argparse.Namespace, kernels: list[Kernel]
) -> list[tuple[Kernel, Topology, list[Test]]]:
    """Which tests run in which guest."""
    topologies = load_topologies()
    unfit = "no" if args.sanitizers else "only"
    tests = [
        t
        for t in load_tests(SELFTESTS / "tests")
        if t.sanitizers != unfit and (t.last or chosen(t.name, args.test))
    ]
    unknown = {name for t in tests for name in t.topologies} - set(topologies) - {"every"}
    if unknown:
        raise SystemExit(f"no such topology: {', '.join(sorted(unknown))}")
    newest = [k for k in kernels if k.suite == MAIN_SUITE][-1:]
    plan = []
    for topology in topologies.values():
        if not chosen(topology.name, args.topology):
            continue
        if args.sanitizers and not topology.sanitizers:
            continue
        for kernel in kernels:
            here = [t for t in tests if t.runs_on(topology)]
            if kernel.suite != MAIN_SUITE and not args.every:
                here = [t for t in here if t.smoke and topology.name == SMOKE_TOPOLOGY]
            if kernel not in newest:
                here = [t for t in here if not t.once]
            # What comes last looks at what the others left.
            if not all(t.last for t in here):
                plan.append((kernel, topology, here))
    # The longest first, so that no processor idles at the end.
    return sorted(plan, key=lambda entry: -sum(test.limit for test in entry[2]))


def run_guest(
    report: Report, kernel: Kernel, topology: Topology, tests: list[Test], logs: Path
) -> None:
    """All tests of one kernel and topology."""
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


def main() -> int:
    """Builds first, then everything else, as many at once as there are processors."""
    args = parse()
    kernels = [
        k
        for k in load_kernels(args.sanitizers)
        if not args.kernel or k.abi.startswith(tuple(args.kernel))
    ]
    guests = guest_plan(args, kernels)
    plan = [
        c
        for c in checks.plan(kernels, args.sanitizers)
        if chosen(c.name, args.test) and not args.topology
    ]
    builds = checks.builds(kernels)

    logs = new_logs()
    report = Report(len(builds) + len(plan) + sum(len(tests) for _, _, tests in guests))
    if args.list:
        for check in (*builds, *plan):
            print(check.prefix, check.name)
        for kernel, topology, tests in guests:
            for test in tests:
                print(kernel.short, topology.name, test.name)
        return 0
    report.begin()

    with ThreadPoolExecutor(args.jobs) as pool:
        wait([pool.submit(checks.run, report, build, logs) for build in builds])
        if guests:
            build_programs()
            for kernel in {id(k): k for k, _, _ in guests}.values():
                build_base(kernel)
                build_image(kernel, SELFTESTS / "tests", logs / f"{kernel.abi}.cpio")
        work: list[Future[None]] = [
            pool.submit(run_guest, report, kernel, topology, tests, logs)
            for kernel, topology, tests in guests
        ]
        work += [pool.submit(checks.run, report, check, logs) for check in plan]
        wait(work)

    for image in logs.glob("*.cpio"):
        image.unlink()
    return report.end(Path(os.environ.get("VGA_STUB_LAB_HOST", "/lab")) / logs.relative_to(LAB))


def wait(work: list[Future[None]]) -> None:
    """Waits for all; an exception in any is a fault of the harness and ends it."""
    for done in as_completed(work):
        done.result()


if __name__ == "__main__":
    sys.exit(main())
