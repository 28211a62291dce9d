# SPDX-License-Identifier: GPL-2.0
"""make check: the checks that need neither lab nor kernel nor root, on any distribution.

What a missing tool leaves out is said, and counted as skipped.
"""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

if sys.version_info < (3, 11):
    sys.exit(f"make check needs Python 3.11 or later; this is {sys.version.split()[0]}")

import checks  # noqa: E402
from mistakes import Mistake  # noqa: E402

LEFT_OUT = "# left out: "
# Of checks, when they cannot run at all.
SKIP = 4


def run(name: str) -> tuple[int, list[str], float]:
    """A check's exit status, its output, and how long it took."""
    start = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if key not in ("LAB", "WORK")}
    done = subprocess.run(
        ["bash", checks.DIRECTORY / f"{name}.sh"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
        env=environment,
    )
    return done.returncode, done.stdout.splitlines(), time.monotonic() - start


def main() -> int:
    """Runs all of them, and says how each went."""
    try:
        scripts = [
            s for s in checks.load_scripts() if s.kind in (checks.ANYWHERE, checks.OUTSIDE)
        ]
    except Mistake as mistake:
        sys.exit(f"make check: {mistake}")
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for script, (status, lines, seconds) in zip(
            scripts, pool.map(run, [script.name for script in scripts])
        ):
            word = "ok" if status == 0 else "skipped" if status == SKIP else "FAILED"
            counts[word] += 1
            print(f"{word:8}{script.name:12}{seconds:6.1f} s  {script.sentence}")
            left_out = {line.removeprefix(LEFT_OUT) for line in lines if line.startswith(LEFT_OUT)}
            if word == "skipped":
                left_out = {lines[-1] if lines else "it did not say why"}
            counts["skipped"] += len(left_out) - (word == "skipped")
            for reason in sorted(left_out):
                print(f"        skipped: {reason}")
            if word == "FAILED":
                for line in lines:
                    print(f"        | {line}")
            sys.stdout.flush()
    print(f"{counts['ok']} passed, {counts['FAILED']} failed, {counts['skipped']} skipped")
    return 1 if counts["FAILED"] or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
