# SPDX-License-Identifier: GPL-2.0
# The machine is switched off with cards held and handed off, and the kernel complains of nothing.
# area: power
# topology: power
. /tests/lib.sh

unbind "$HELD"
unbind "$SECOND"
hold_and_hand_off
ends_with "reboot: Power down"
poweroff -f
sleep 100
