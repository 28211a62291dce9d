# SPDX-License-Identifier: GPL-2.0
# A virtual machine gets the card's true ROM from vfio-pci, and ours stays the same.
# area: rom
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111
writes 0 1 "$CLASS/$HELD/handoff"
matches "the client reads the ROM" "$(use "$HELD" -r /run/rom)" '^rom size 0x10000$'
size=$(stat -c %s "$HELD_ROM")
succeeds "what it reads begins with the card's ROM" \
	sh -c "head -c $size /run/rom | cmp - $HELD_ROM"
succeeds "the captured image can be read meanwhile" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
writes 0 1 "$CLASS/$HELD/reclaim"
succeeds "and afterwards" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "it has not been captured again" "$(class "$HELD" rom_source)" bar
unloads
done_testing
