# SPDX-License-Identifier: GPL-2.0
"""rust/cli for the guests: one program without libraries."""

import hashlib
import os
import subprocess
from pathlib import Path

from lab import LAB, SRC
from topology import SELFTESTS

# Tests whose names begin so get it.
PREFIX = "cli_"
TARGET = "x86_64-unknown-linux-gnu"
# Machines that the command has written down, to compare with.
TREES = SRC / "rust/cli/tests/trees"


def build_command() -> Path:
    """Builds it with Debian's crates, where its source is newer."""
    out = LAB / "build" / f"checkout-{SRC.stat().st_ino}" / "cli"
    out.mkdir(parents=True, exist_ok=True)
    key = hashlib.sha256()
    for crate in ("core", "cli"):
        for path in sorted((SRC / "rust" / crate).glob("src/**/*.rs")):
            key.update(path.read_bytes())
        key.update((SRC / "rust" / crate / "Cargo.toml").read_bytes())
    program = out / f"target/{TARGET}/release/vga-stub"
    stamp = out / "key"
    if program.exists() and stamp.exists() and stamp.read_text() == key.hexdigest():
        return program
    subprocess.run([SELFTESTS / "checks/copy-crates", out / "source"], check=True)
    environment = {
        **os.environ,
        "CARGO_TARGET_DIR": str(out / "target"),
        "CARGO_NET_OFFLINE": "true",
        "CARGO_PROFILE_RELEASE_STRIP": "true",
        # It is built more often than it is waited for.
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "1",
        "RUSTFLAGS": "-C target-feature=+crt-static",
    }
    # With a target the flags are for the program alone, not for macros that the compiler loads.
    command = ["cargo", "build", "--quiet", "--offline", "--release", "--target", TARGET]
    command += ["--bin", "vga-stub"]
    subprocess.run(command, check=True, cwd=out / "source/cli", env=environment)
    stamp.write_text(key.hexdigest())
    return program
