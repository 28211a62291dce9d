# SPDX-License-Identifier: GPL-2.0
# The boot card's ROM rewrites itself when the firmware runs it (firmware/rewrites.S). What
# the kernel shows is the shadow, with those bytes; what is captured is the card's own
# ROM. Where the card lets nobody read that, it is the shadow, and called so.
# area: rom
# topology: rewrites norombar
. /tests/lib.sh

# As users read it, with a card that decodes.
echo 1 >"$PCI/$HELD/rom"
cat "$PCI/$HELD/rom" >/run/shadow
echo 0 >"$PCI/$HELD/rom"
is "the kernel's rom is as long as the card's" \
	"$(stat -c %s /run/shadow)" "$(stat -c %s "$HELD_ROM")"
is "and in so many bytes another" "$(cmp -l /run/shadow "$HELD_ROM" | wc -l)" 777

loads ids=1234:1111
if [ "$TOPOLOGY" = norombar ]; then
	is "the source is the shadow" "$(class "$HELD" rom_source)" shadow
	is "which was modified" "$(class "$HELD" rom_status)" bad-checksum
	succeeds "and is as the kernel's" cmp "$CLASS/$HELD/rom" /run/shadow
else
	is "the source is the card" "$(class "$HELD" rom_source)" bar
	is "nothing is wrong with it" "$(class "$HELD" rom_status)" ok
	succeeds "and it is the card's ROM file" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
fi
is "the card is held" "$(class "$HELD" state)" held
unloads
done_testing
