# SPDX-License-Identifier: GPL-2.0
# The harness reports each way in which a test can go wrong, and refuses what it does not know.
set -euo pipefail

# What it refuses is in refusals.sh; here the program itself says so, and that is its exit status.
status=0
said=$(python3 -B /src/selftests/harness --test nosuchtest --list 2>&1) || status=$?
echo "$said"
[ "$status" = 2 ]
grep -q "no test or check 'nosuchtest'" <<<"$said"

python3 -B /src/selftests/harness/selftest.py
