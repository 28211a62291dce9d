# SPDX-License-Identifier: GPL-2.0
"""What a run consists of: which check for which kernel, which test in which guest."""

import argparse
from dataclasses import dataclass

from checks import ANYWHERE, BUILD, HOST, MAIN, OUTSIDE, SANITIZERS, Check, Script
from lab import Kernel
from mistakes import Mistake, raise_all, unknown
from tests import Test
from topology import Topology

# All tests run on this suite's first and last kernels; on those between and on other suites', those
# that say so, in one guest.
MAIN_SUITE = "trixie"
SMOKE_TOPOLOGY = "plugin"


@dataclass(frozen=True)
class Guest:
    """The tests of one kernel and topology, which share boots."""

    kernel: Kernel
    topology: Topology
    tests: list[Test]


@dataclass(frozen=True)
class Plan:
    """The builds, and what can begin when they are done."""

    builds: list[Check]
    checks: list[Check]
    guests: list[Guest]

    @property
    def size(self) -> int:
        """How many results there will be."""
        return len(self.builds) + len(self.checks) + sum(len(g.tests) for g in self.guests)


@dataclass(frozen=True)
class House:
    """What there is to choose from."""

    kernels: list[Kernel]
    topologies: dict[str, Topology]
    tests: list[Test]
    scripts: list[Script]


def make(args: argparse.Namespace, house: House) -> Plan:
    """Chooses. A name on the command line that nothing comes of is a Mistake."""
    _know_names(args, house)
    kernels = [k for k in house.kernels if not args.kernel or any(_is(k, n) for n in args.kernel)]
    plan = Plan(
        builds=[Check(BUILD, kernel) for kernel in kernels],
        checks=[] if args.topology else list(_checks(args, house.scripts, kernels)),
        guests=list(_guests(args, house, kernels)),
    )
    _use_names(args, house, plan)
    return plan


def shell(args: argparse.Namespace, house: House) -> tuple[Guest, Check]:
    """The machine for --shell, and the build that it needs: on the newest kernel that is meant."""
    if args.test or args.topology:
        raise Mistake("--shell names the machine, and runs no test; leave --test and --topology out")
    args.topology = [args.shell]
    _know_names(args, house)
    kernels = [k for k in house.kernels if not args.kernel or any(_is(k, n) for n in args.kernel)]
    kernels = [k for k in kernels if k.suite == MAIN_SUITE] or kernels
    return Guest(kernels[-1], house.topologies[args.shell], []), Check(BUILD, kernels[-1])


def _is(kernel: Kernel, name: str) -> bool:
    """Whether this is the kernel's ABI or its beginning: 7.1 is not 7.10."""
    rest = kernel.abi.removeprefix(name)
    return kernel.abi.startswith(name) and not (rest[:1].isdigit() and name[-1:].isdigit())


def _chosen(name: str, only: list[str] | None) -> bool:
    """Whether a --option lets this one through."""
    return not only or name in only


def _checks(args: argparse.Namespace, scripts: list[Script], kernels: list[Kernel]):
    for script in scripts:
        if script.name == BUILD or not _chosen(script.name, args.test):
            continue
        if script.kind == OUTSIDE or (script.kind == SANITIZERS) != args.sanitizers:
            continue
        for kernel in [None] if script.kind in (HOST, ANYWHERE) else kernels:
            if script.kind == MAIN and kernel.suite != MAIN_SUITE:
                continue
            yield Check(script.name, kernel, script.kind == ANYWHERE)


def _guests(args: argparse.Namespace, house: House, kernels: list[Kernel]):
    unfit = "no" if args.sanitizers else "only"
    fit = [t for t in house.tests if t.sanitizers != unfit]
    # What comes last looks at what the others have left.
    fit = [t for t in fit if t.last or _chosen(t.name, args.test)]
    newest = [k for k in kernels if k.suite == MAIN_SUITE][-1:]
    between = [] if args.kernel else [k for k in kernels if k.suite == MAIN_SUITE][1:-1]
    for topology in house.topologies.values():
        if not _chosen(topology.name, args.topology) or (
            args.sanitizers and not topology.sanitizers
        ):
            continue
        for kernel in kernels:
            here = [t for t in fit if t.runs_on(topology)]
            if (kernel.suite != MAIN_SUITE or kernel in between) and not args.every:
                here = [t for t in here if t.smoke and topology.name == SMOKE_TOPOLOGY]
            if kernel not in newest:
                here = [t for t in here if not t.once]
            if not all(t.last for t in here):
                yield Guest(kernel, topology, here)


def _know_names(args: argparse.Namespace, house: House) -> None:
    """Refuses names that there are not."""
    if not house.kernels:
        raise Mistake(
            "the sanitizer kernel is not there: scripts/lab san"
            if args.sanitizers
            else "no kernel is there: scripts/lab up"
        )
    tests = {test.name for test in house.tests} | {script.name for script in house.scripts}
    wrong = [unknown("test or check", n, tests) for n in args.test or () if n not in tests]
    wrong += [
        unknown("machine", n, house.topologies)
        for n in args.topology or ()
        if n not in house.topologies
    ]
    wrong += [
        unknown("kernel", n, [k.abi for k in house.kernels])
        for n in args.kernel or ()
        if not any(_is(k, n) for k in house.kernels)
    ]
    raise_all(wrong)


def _use_names(args: argparse.Namespace, house: House, plan: Plan) -> None:
    """Refuses names of which nothing will run, and a run of builds that nobody asked for."""
    run = {check.name for check in plan.checks}
    run |= {test.name for guest in plan.guests for test in guest.tests}
    # Builds always run; with a machine they are for nothing else.
    run |= {BUILD} if not args.topology else set()
    wrong = [f"'{n}' would not run: {_why(n, args, house)}" for n in args.test or () if n not in run]
    used = {guest.topology.name for guest in plan.guests}
    if not wrong:
        wrong = [
            f"no test would run on the machine '{n}'" for n in args.topology or () if n not in used
        ]
    raise_all(wrong)


def _why(name: str, args: argparse.Namespace, house: House) -> str:
    """Why nothing of that name is in the plan."""
    for script in house.scripts:
        if script.name != name:
            continue
        if args.topology:
            return "it is a check, which needs no machine; leave --topology out"
        if script.kind == OUTSIDE:
            return "it needs what the lab has not: make check"
        if script.kind == MAIN and not args.sanitizers:
            return f"it is for the kernels of {MAIN_SUITE}"
        return "it is for the sanitizer kernel: --sanitizers" if not args.sanitizers else (
            "it is for stock kernels; leave --sanitizers out"
        )
    [test] = [test for test in house.tests if test.name == name]
    if test.sanitizers == "only" and not args.sanitizers:
        return "it is for the sanitizer kernel: --sanitizers"
    if test.sanitizers == "no" and args.sanitizers:
        return "it is for stock kernels; leave --sanitizers out"
    if test.last:
        return "it comes after the other tests of a boot; name one of those, too"
    machines = [top for top in house.topologies.values() if test.runs_on(top)]
    if args.topology and not any(top.name in args.topology for top in machines):
        return f"it is for {', '.join(top.name for top in machines)}, not for {', '.join(args.topology)}"
    if args.sanitizers and not any(top.sanitizers for top in machines):
        return f"its machines have no guests of the sanitizer kernel: {', '.join(t.name for t in machines)}"
    if test.once:
        return f"it runs once, on the newest kernel of {MAIN_SUITE}"
    return f"of it nothing is for the other suites' kernels and the machine {SMOKE_TOPOLOGY}; --every runs it there, too"
