# SPDX-License-Identifier: GPL-2.0
# rust/core: its tests on the host, clippy and formatting.
set -euo pipefail

/src/selftests/checks/copy-crates "$LAB/build/core-source"
cd "$LAB/build/core-source/core"
export CARGO_TARGET_DIR=$LAB/build/core CARGO_NET_OFFLINE=true

cargo fmt --check
cargo clippy --all-targets -- -D warnings
cargo test
