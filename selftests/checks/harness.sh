# SPDX-License-Identifier: GPL-2.0
# The harness reports each way in which a test can go wrong.
set -euo pipefail
python3 -B /src/selftests/harness/selftest.py
