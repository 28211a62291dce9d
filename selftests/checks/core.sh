# SPDX-License-Identifier: GPL-2.0
# rust/core: its tests on the host, clippy and formatting.
#
# The crates that the tests use are Debian's. They are others than Cargo.lock names,
# so the tests run on a copy without it.
set -euo pipefail

copy=$LAB/build/core-source
rm -rf "$copy"
mkdir -p "$copy"
tar -C /src/rust/core --exclude=./target --exclude=./fuzz --exclude=./Cargo.lock -c . |
	tar -C "$copy" -x
cd "$copy"

mkdir -p .cargo
cat >.cargo/config.toml <<END
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
END
export CARGO_TARGET_DIR=$LAB/build/core CARGO_NET_OFFLINE=true

cargo fmt --check
cargo clippy --all-targets -- -D warnings
cargo test
