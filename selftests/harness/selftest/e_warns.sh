# SPDX-License-Identifier: GPL-2.0
# All assertions pass, but the kernel's log has a warning.
# timeout: 20
. /tests/lib.sh
pass "this passes"
echo "WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg
done_testing
