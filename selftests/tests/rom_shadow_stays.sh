# SPDX-License-Identifier: GPL-2.0
# The boot card's own ROM is nothing that the kernel could show. The firmware ran it all
# the same, and so the shadow stays what the kernel shows, to vfio-pci too, while the card is
# held and after; "rom" is the card's own, with the word for what is wrong.
# area: rom
# topology: misplaced
. /tests/lib.sh

view()
{
	sed -n 7p "$PCI/$HELD/resource"
}

before=$(view)
is "the kernel shows the shadow" "$(echo "$before" | cut -d ' ' -f 1)" 0x00000000000c0000
register=$(setpci -s "$HELD" 30.L)
loads ids=1234:1111
is "the source is the card" "$(class "$HELD" rom_source)" bar
is "its PCI data structure is misplaced" "$(class "$HELD" rom_status)" no-pcir
succeeds "rom is what the card has" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "the kernel shows the shadow still" "$(view)" "$before"
is "the ROM BAR's register is as before" "$(setpci -s "$HELD" 30.L)" "$register"
writes 0 1 "$CLASS/$HELD/handoff"
is "also while vfio-pci has the card" "$(view)" "$before"
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
is "and without the module" "$(view)" "$before"
done_testing
