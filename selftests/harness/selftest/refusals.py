# SPDX-License-Identifier: GPL-2.0
"""The harness refuses what it does not know, and says where, and what there is instead.

Needs neither lab nor root: python3 selftests/harness/selftest/refusals.py
"""

import argparse
import contextlib
import io
import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import checks  # noqa: E402
import plan  # noqa: E402
from lab import Kernel  # noqa: E402
from mistakes import Mistake  # noqa: E402
from report import Report  # noqa: E402
from result import Result  # noqa: E402
from tests import limits  # noqa: E402
from tests import load_tests as read_tests  # noqa: E402  (unittest has a load_tests, too)
from topology import SELFTESTS, load_topologies  # noqa: E402

SPDX = "# SPDX-License-Identifier: GPL-2.0\n"
MACHINES = ("plugin", "igd", "twins")
BASE = """
[base]
machine = "q35"
append = ""
firmware = "seabios"
processors = 1
memory = 640
devices = ["intel-iommu"]
"""


class Directory(unittest.TestCase):
    """Has a directory for files that are wrong."""

    def setUp(self) -> None:
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.directory = Path(place.name) / "tests"
        self.directory.mkdir()

    def write(self, text: str, name: str = "a.sh") -> Path:
        """Puts a file there."""
        path = self.directory / name
        path.write_text(text)
        return path

    def refused(self, call, *said: str) -> None:
        """The call must be refused, with these words."""
        with self.assertRaises(Mistake) as caught:
            call()
        for text in said:
            self.assertIn(text, str(caught.exception))


class Headers(Directory):
    """What a test or a check says of itself."""

    def test_header_wrong(self) -> None:
        """Each of these is refused."""
        good = SPDX + "# It works.\n# topology: plugin\n"
        self.write(good)
        [test] = read_tests(self.directory, MACHINES)
        self.assertEqual((test.limit, test.topologies, test.sentence), (120, ("plugin",), "It works."))
        for text, *said in (
            (good + "# timout: 5\n", "tests/a.sh:4", "no key 'timout'", "timeout"),
            (good + "#timout: 5\n", "no key 'timout'"),
            (good + "# so: prose that looks like a key\n", "no key 'so'", "prose"),
            (good + "# timeout: soon\n", "timeout is 'soon'", "seconds"),
            (good + "# timeout: 0\n", "timeout is '0'"),
            (good + "# timeout: -1\n", "timeout is '-1'"),
            (good + "# timeout: 5\n# timeout: 6\n", "tests/a.sh:5", "said before"),
            (good + ". /tests/lib.sh\n# timeout: 5\n", "tests/a.sh:5", "below the header"),
            (good + "# fresh: true\n", "fresh is 'true'", "yes"),
            (good + "# sanitizers: onyl\n", "sanitizers is 'onyl'", "there is only"),
            (SPDX + "# It works.\n# topology: plugn\n", "no machine 'plugn'; there is plugin"),
            (SPDX + "# It works.\n# topology: igd plugin zzz\n", "no machine 'zzz'"),
            (SPDX + "# It works.\n# topology:\n", "a machine is wanted"),
            (SPDX + "# It works.\n", "no machine to run on", "# topology: NAME"),
            (SPDX + "# It works.\n\n# topology: plugin\n", "below the header", "no machine"),
            (SPDX + "# topology: plugin\n", "does not say what is asserted"),
        ):
            with self.subTest(text):
                self.write(text)
                self.refused(lambda: read_tests(self.directory, MACHINES), *said)

    def test_all_at_once(self) -> None:
        """Every mistake is said, not the first only."""
        self.write(SPDX + "# One.\n# topology: igdd\n", "b.sh")
        self.write(SPDX + "# Two.\n# topology: plugin\n# last: no\n# smoky: yes\n", "c.sh")
        self.refused(lambda: read_tests(self.directory, MACHINES), "igdd", "smoky")

    def test_duration(self) -> None:
        """DURATION is looked at where a test lasts."""
        self.write(SPDX + "# It lasts.\n# topology: plugin\n# lasts: 60\n# replugs: yes\n")
        self.assertEqual(limits(read_tests(self.directory, MACHINES)), "a 180 replugs\n")
        with mock.patch.dict(os.environ, DURATION="300"):
            self.assertEqual(limits(read_tests(self.directory, MACHINES)), "a 420 replugs\n")
        with mock.patch.dict(os.environ, DURATION="long"):
            self.refused(lambda: read_tests(self.directory, MACHINES), "DURATION is 'long'")

    def test_check_wrong(self) -> None:
        """The same of a check."""
        for text, *said in (
            (SPDX + "# It is so.\n# for: kernels\n", "for is 'kernels'", "there is kernel"),
            (SPDX + "# It is so.\n# timeout: 5\n", "no key 'timeout'"),
            (SPDX + "# for: kernel\n", "does not say what is found out"),
        ):
            with self.subTest(text):
                self.write(text)
                self.refused(lambda: checks.load_scripts(self.directory), *said)


class Machines(Directory):
    """What topologies.toml says."""

    def test_machine_wrong(self) -> None:
        """Each of these is refused."""
        good = BASE + '[a]\nabout = "a machine"\n'
        self.assertEqual(load_topologies(self.write(good))["a"].devices, ("intel-iommu",))
        for text, *said in (
            (good + 'divices = ["VGA"]\n', "[a]: no key 'divices'; there is devices"),
            (good + "memory = '640'\n", "[a]: memory", "wrong type"),
            (good + "asks = 1\n", "[a]: asks", "wrong type"),
            (good + "devices = [1]\n", "[a]: devices", "wrong type"),
            (good + "cards = { HELD = 3 }\n", "[a]: cards", "wrong type"),
            (good + 'firmware = "ovfm"\n', "[a]: no firmware 'ovfm'; there is ovmf"),
            (good + 'initramfs = "dracuta"\n', "no maker of an initramfs 'dracuta'; there is dracut"),
            (good + 'like = "aa"\n', "[a]: no machine 'aa'"),
            (good + 'like = "a"\n', "is like itself: a -> a"),
            (good + '[b]\nabout = "b"\nlike = "c"\n[c]\nabout = "c"\nlike = "b"\n', "b -> c -> b"),
            (good + "memory = 1\nmemory = 2\n", "a.sh: "),
            (BASE + "[a]\n", "[a]: no 'about'"),
            (BASE + 'like = "a"\n[a]\nabout = "a"\n', "[base]: no key 'like'"),
        ):
            with self.subTest(text):
                path = self.write(text)
                self.refused(lambda: load_topologies(path), *said)


def kernels(*abis: str) -> list[Kernel]:
    """Kernels that nobody has prepared."""
    return [Kernel("sid" if "deb14" in abi else "trixie", abi, Path("/nowhere")) for abi in abis]


class CommandLine(Directory):
    """What is asked for."""

    def setUp(self) -> None:
        super().setUp()
        path = self.write(BASE + "".join(f'[{name}]\nabout = "{name}"\n' for name in MACHINES), "toml")
        for name, keys in {
            "handoff": "# topology: plugin igd\n# smoke: yes\n",
            "no_memory": "# topology: plugin\n# sanitizers: only\n",
            "picture": "# topology: igd\n# sanitizers: no\n",
            "crash": "# topology: plugin\n# once: yes\n",
            "leaks": "# topology: every\n# last: yes\n",
        }.items():
            self.write(f"{SPDX}# What it asserts.\n{keys}", f"{name}.sh")
        machines = load_topologies(path)
        self.house = plan.House(
            kernels=kernels("7.2.12+deb13-amd64", "7.10.1+deb13-amd64", "7.2.13+deb14-amd64"),
            topologies=machines,
            tests=read_tests(self.directory, machines),
            scripts=[checks.Script(*words) for words in (
                ("build", "", "kernel"), ("size", "", "kernel"), ("shell", "", "host"),
                ("plants", "", "sanitizers"),
            )],
        )

    def make(self, *, sanitizers: bool = False, every: bool = False, **names: str) -> plan.Plan:
        """The plan for --kernel, --topology and --test, with words for each."""
        said = {key: names[key].split() if key in names else None for key in ("kernel", "topology", "test")}
        args = argparse.Namespace(sanitizers=sanitizers, every=every, **said)
        return plan.make(args, self.house)

    def test_names(self) -> None:
        """Names that there are not, and names of which nothing comes."""
        for said, names in (
            (["no test or check 'handof'; there is handoff"], {"test": "handof"}),
            (["no test or check 'siz'; there is size"], {"test": "handoff siz"}),
            (["no machine 'plugn'; there is plugin"], {"topology": "plugn"}),
            (["no kernel '7.1'"], {"kernel": "7.1"}),
            (["no kernel '8'", "no machine 'x'", "check 'y'"], {"kernel": "8", "topology": "x", "test": "y"}),
            (["'no_memory' would not run", "--sanitizers"], {"test": "handoff no_memory"}),
            (["'picture' would not run", "stock kernels"], {"test": "picture", "sanitizers": True}),
            (["'size' would not run", "stock kernels"], {"test": "size", "sanitizers": True}),
            (["'plants' would not run", "--sanitizers"], {"test": "plants"}),
            (["'size' would not run", "no machine"], {"test": "size", "topology": "igd"}),
            (["'leaks' would not run", "name one of those"], {"test": "leaks"}),
            (["'picture' would not run: it is for igd, not for plugin"], {"test": "picture", "topology": "plugin"}),
            (["'crash' would not run", "newest"], {"test": "crash", "kernel": "7.2.13"}),
            (["'picture' would not run", "--every"], {"test": "picture", "kernel": "7.2.13"}),
            (["no test would run on the machine 'twins'"], {"topology": "twins"}),
            (["no test would run on the machine 'twins'"], {"topology": "plugin twins"}),
        ):
            with self.subTest(names):
                self.refused(lambda: self.make(**names), *said)

    def test_good(self) -> None:
        """What is known is run, and nothing else."""
        made = self.make(test="handoff", kernel="7.2.12")
        self.assertEqual([g.topology.name for g in made.guests], ["plugin", "igd"])
        self.assertEqual([[t.name for t in g.tests] for g in made.guests][1], ["handoff", "leaks"])
        self.assertEqual((len(made.builds), made.checks, made.size), (1, [], 5))
        self.assertEqual(self.make(test="build").size, 3)
        self.assertEqual(len(self.make(test="size shell").checks), 4)
        everything = self.make()
        self.assertEqual({t.name for g in everything.guests for t in g.tests}, {"handoff", "picture", "crash", "leaks"})

    def test_no_kernels(self) -> None:
        """Without a kernel there is nothing to run, and it says what makes one."""
        for sanitizers, said in ((False, "scripts/lab up"), (True, "scripts/lab san")):
            self.house = plan.House([], self.house.topologies, self.house.tests, self.house.scripts)
            self.refused(lambda: self.make(sanitizers=sanitizers), said)


class Sums(unittest.TestCase):
    """The last line and the exit status."""

    def end(self, planned: int, *results: tuple[str, bool]) -> tuple[int, str]:
        """The status and the text of a run with these outcomes of tests (or builds)."""
        with contextlib.redirect_stdout(io.StringIO()) as out:
            report = Report(planned)
            for outcome, is_test in results:
                report.add("7.3", Result("a", outcome), is_test)
            return report.end(Path("/nowhere")), out.getvalue()

    def test_no_test(self) -> None:
        """A run that ran no test has not passed."""
        for results in ([], [("ok", False)], [("ok", False), ("skipped", True)]):
            status, said = self.end(len(results), *results)
            self.assertEqual(status, 1)
            self.assertIn("# no test ran", said)
        self.assertEqual(self.end(2, ("ok", False), ("ok", True))[0], 0)

    def test_missing(self) -> None:
        """Nor one in which a test of the plan has no result."""
        status, said = self.end(3, ("ok", False), ("ok", True))
        self.assertEqual(status, 1)
        self.assertIn("1 tests of the plan have no result", said)
        self.assertIn("2 passed, 1 failed, 0 skipped", said)


class Own(unittest.TestCase):
    """What is in the tree is in order."""

    def test_own(self) -> None:
        """Headers and machines."""
        machines = load_topologies()
        self.assertTrue(read_tests(SELFTESTS / "tests", machines))
        self.assertTrue(checks.load_scripts())
        for name in ("demo", "packages", "plants", "harness/selftest"):
            self.assertTrue(read_tests(SELFTESTS / name))


if __name__ == "__main__":
    unittest.main()
