# SPDX-License-Identifier: GPL-2.0
# Display devices that are not VGA: claimed, no part in arbitration, and no ROM is
# made up for those that have none. Companions of other classes are held as well.
# area: claim
# topology: classes
. /tests/lib.sh

count=$(arbiter_count)
loads "ids=$(for card in $SECONDARY $BOCHS $QXL $NET; do ids_of "$card"; done | sort -u | paste -s -d ,)"
for card in "$SECONDARY" "$BOCHS" "$QXL"; do
	is "$(ids_of "$card") has class 0x0380" "$(cut -c 1-6 "$PCI/$card/class")" 0x0380
	is "$(ids_of "$card") is held" "$(class "$card" state)" held
	is "$(ids_of "$card") is silent" "$(decodes "$card")" none
done
for card in "$SECONDARY" "$QXL"; do
	is "$(ids_of "$card") has no ROM" "$(class "$card" rom_source) $(class "$card" rom_status)" "none none"
	fails "and no rom file" test -e "$CLASS/$card/rom"
done
is "bochs-display has a ROM" "$(class "$BOCHS" rom_source) $(class "$BOCHS" rom_status)" "bar ok"
succeeds "which is its file" cmp "$CLASS/$BOCHS/rom" "$BOCHS_ROM"
is "the arbiter's count is the same" "$(arbiter_count)" "$count"
is "another function that is asked for is held as well" "$(class "$NET" state)" held
is "and silent" "$(decodes "$NET")" none
is "but has no ROM" "$(class "$NET" rom_source) $(class "$NET" rom_status)" "none none"

writes 0 1 "$CLASS/$QXL/handoff"
matches "qxl can be used by a program" "$(use "$QXL")" '^ready$'
writes 0 1 "$CLASS/$QXL/reclaim"
is "and comes back" "$(class "$QXL" state)" held
unloads
done_testing
