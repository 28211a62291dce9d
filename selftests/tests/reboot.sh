# SPDX-License-Identifier: GPL-2.0
# The machine reboots with cards held and handed off, and the kernel complains of nothing.
# topology: power
. /tests/lib.sh

unbind "$HELD"
unbind "$SECOND"
loads devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0
is "all are held" "$(claimed)" "$HELD $SECOND $PLAIN"
writes 0 1 "$CLASS/$SECOND/handoff"
is "one is handed off" "$(driver_of "$SECOND")" vfio-pci
ends_with "reboot: machine restart"
reboot -f
sleep 100
