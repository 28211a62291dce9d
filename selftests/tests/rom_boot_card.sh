# SPDX-License-Identifier: GPL-2.0
# The ROM of the card that the firmware booted with: the kernel shows the modified
# shadow. What the shadow gives is never passed off as the card's own ROM.
# topology: igd uefi
. /tests/lib.sh

loads ids=1234:1111
source=$(class "$HELD" rom_source)
matches "the source has one of its words" "$source" '^(bar|efi|shadow|none)$'
matches "the status has one of its words" "$(class "$HELD" rom_status)" \
	'^(ok|bad-signature|no-pcir|truncated|id-mismatch|bad-checksum|none)$'
case $source in
bar | efi)
	succeeds "what is called $source is the card's ROM file" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
	is "the status is ok" "$(class "$HELD" rom_status)" ok
	;;
shadow)
	fails "what is called shadow is not the card's ROM" cmp -s "$CLASS/$HELD/rom" "$HELD_ROM"
	;;
none)
	fails "there is no rom file" test -e "$CLASS/$HELD/rom"
	;;
esac
unloads
done_testing
