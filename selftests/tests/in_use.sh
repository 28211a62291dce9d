# SPDX-License-Identifier: GPL-2.0
# A card that a program uses through vfio is not taken back: EBUSY at once, and
# nothing changes. When the program is gone, it is.
# area: move
# topology: plugin igd
# timeout: 90
. /tests/lib.sh

loads ids=1234:1111
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"

log_mark
start=$(date +%s)
writes EBUSY 1 "$CLASS/$HELD/reclaim"
is "at once" "$(($(date +%s) - start < 3))" 1
matches "the log names the device, and the file" "$(logged)" \
	"$HELD: nothing moved: $HELD is in use: a program has it open, by its group or as vfio[0-9]+$"
is "vfio-pci has the card" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
is "the program runs" "$(awk '/^State/ { print $2 }' /proc/$client/status)" S
is "its decode is on" "$(decodes "$HELD" | cut -d ' ' -f 1-2)" "io mem"
for round in 1 2 3 4 5; do
	writes EBUSY 1 "$CLASS/$HELD/reclaim" "EBUSY each time ($round)"
done
nobody_waits()
{
	! cat /proc/[0-9]*/stat 2>/dev/null | grep -q ' D '
}
eventually "nobody is stuck" nobody_waits

stop_using
is "afterwards it comes back" "$(wr "$CLASS/$HELD/reclaim" 1)" 0
is "state is held" "$(class "$HELD" state)" held
is "decode is off" "$(decodes "$HELD")" none

# The rom file being read is no use of the card.
exec 3<"$CLASS/$HELD/rom"
writes 0 1 "$CLASS/$HELD/handoff"
writes 0 1 "$CLASS/$HELD/reclaim"
exec 3<&-
unloads
done_testing
