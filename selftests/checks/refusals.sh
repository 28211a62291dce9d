# SPDX-License-Identifier: GPL-2.0
# The harness refuses names, header keys and keys of topologies.toml that it does not know.
# for: anywhere
. "$(dirname "$0")/common"

python3 -B "$SRC/selftests/harness/selftest/refusals.py" 2>&1
