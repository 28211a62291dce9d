# SPDX-License-Identifier: GPL-2.0
# Every script passes shellcheck.
set -euo pipefail
cd /src

# Guest scripts take lib.sh from where it is in the guest.
mapfile -t files < <(grep -rlE '^#!/bin/(ba)?sh|^#!/bin/busybox sh' scripts selftests .ci)
shellcheck --external-sources --exclude=SC1091 "${files[@]}"
shellcheck --shell=bash selftests/checks/*.sh
shellcheck --shell=busybox --exclude=SC1091,SC2154 selftests/tests/*.sh selftests/harness/selftest/*.sh
