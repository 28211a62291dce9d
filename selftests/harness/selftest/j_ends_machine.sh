# SPDX-License-Identifier: GPL-2.0
# timeout: 20
# Ends the machine, as it says.
. /tests/lib.sh

pass "alive"
ends_with "reboot: machine restart"
reboot -f
sleep 20
