# SPDX-License-Identifier: GPL-2.0
# Every script passes shellcheck.
# for: anywhere
. "$(dirname "$0")/common"
cd "$SRC"
need shellcheck || { echo "shellcheck is not installed"; exit 4; }

mapfile -t files < <(grep -rlE '^#!/(usr/)?bin/(ba|a)?sh' scripts selftests packaging .ci)
shellcheck --external-sources "${files[@]}"
shellcheck --shell=bash --external-sources --source-path=SCRIPTDIR selftests/checks/common selftests/checks/*.sh \
	selftests/packages/steps.sh

# Guest scripts take lib.sh from where it is in the guest, and cards from its init.
copy=$(mktemp -d)
cp -r selftests/tests/lib selftests/guest/init selftests/tests/*.sh selftests/harness/selftest/*.sh \
	selftests/packages/installed.sh selftests/packages/setup/* "$copy"
find "$copy" -type f -exec sed -i "s,^\. /tests/,. $copy/," {} +
cd "$copy"
shellcheck --shell=busybox --external-sources --exclude=SC2119,SC2153,SC2154,SC2317 -- init ./*.sh
