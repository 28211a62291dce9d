# SPDX-License-Identifier: GPL-2.0
# Each sanitizer reports the bug that it is for, when it is planted in a copy of the module.
# for: sanitizers
set -euo pipefail
python3 -B /src/selftests/harness/plants.py
