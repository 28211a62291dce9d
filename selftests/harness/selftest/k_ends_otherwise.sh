# SPDX-License-Identifier: GPL-2.0
# timeout: 20
# Ends the machine otherwise than it says.
. /tests/lib.sh

pass "alive"
ends_with "reboot: Power down"
reboot -f
sleep 20
