# SPDX-License-Identifier: GPL-2.0
# The ROM of a card whose ROM BAR the kernel shows is captured byte for byte, once,
# and can be read whatever becomes of the card; the card is left as it was.
# area: rom
# topology: plugin twins
# smoke: yes
. /tests/lib.sh

cfgsnap save /run/before
loads ids=1234:1111
rom=$CLASS/$HELD/rom
is "the source is the card's own ROM" "$(class "$HELD" rom_source)" bar
is "the status is ok" "$(class "$HELD" rom_status)" ok
is "the size is the image's" "$(stat -c %s "$rom")" "$(stat -c %s "$HELD_ROM")"
succeeds "the content is the card's ROM file" cmp "$rom" "$HELD_ROM"
succeeds "read in odd pieces it is the same" \
	sh -c "dd if=$rom bs=777 2>/dev/null | cmp - $HELD_ROM"
is "reading behind the end gives nothing" \
	"$(dd if="$rom" bs=1 skip="$(stat -c %s "$HELD_ROM")" 2>/dev/null | wc -c)" 0
is "decode is off afterwards" "$(decodes "$HELD")" none
is "the ROM BAR is off afterwards, and where it was" "$(cfgsnap diff /run/before "$HELD" | grep 'config 0x3[0-3]')" ""
if [ -n "${TWIN:-}" ]; then
	succeeds "the twin's ROM as well" cmp "$CLASS/$TWIN/rom" "$TWIN_ROM"
fi

unbind "$HELD"
succeeds "the image is there when unbound" cmp "$rom" "$HELD_ROM"
echo "$HELD" >/sys/bus/pci/drivers/vga-stub/bind
succeeds "and when claimed again" cmp "$rom" "$HELD_ROM"
unloads
done_testing
