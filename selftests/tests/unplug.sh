# SPDX-License-Identifier: GPL-2.0
# A card that goes while it is held, handed off, or while its rom file is open takes
# its directory with it, and one that comes again is claimed again.
# area: faults
# topology: plugin
. /tests/lib.sh

rescan()
{
	echo 1 >/sys/bus/pci/rescan
}

loads ids=1234:1111
echo 1 >"$PCI/$HELD/remove"
is "held: its directory goes" "$(ls $CLASS)" ""
rescan
is "it comes again and is held" "$(class "$HELD" state)" held
is "it is silent" "$(decodes "$HELD")" none
succeeds "its ROM is captured" cmp "$CLASS/$HELD/rom" "$HELD_ROM"

writes 0 1 "$CLASS/$HELD/handoff"
echo 1 >"$PCI/$HELD/remove"
is "handed off: its directory goes" "$(ls $CLASS)" ""
rescan
is "it comes again and is held" "$(class "$HELD" state)" held

unbind "$HELD"
echo 1 >"$PCI/$HELD/remove"
is "unbound: its directory goes" "$(ls $CLASS)" ""
rescan

exec 3<"$CLASS/$HELD/rom" 4>"$CLASS/$HELD/handoff"
echo 1 >"$PCI/$HELD/remove"
fails "a rom file that was open gives nothing" cat <&3
fails "nor does handoff" sh -c 'echo 1 >&4'
exec 3<&- 4>&-
rescan
is "it comes again and is held" "$(class "$HELD" state)" held
unloads
done_testing
