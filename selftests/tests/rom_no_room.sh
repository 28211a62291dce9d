# SPDX-License-Identifier: GPL-2.0
# No room for a window on the way to the boot card's ROM: the next source is taken, the
# log says so, and the card is claimed all the same. With room again, so is the ROM.
# area: rom
# topology: bootport
# fresh: yes
. /tests/lib.sh

register=$(setpci -s "$HELD" 30.L)
insmod /lib/crowd.ko device="$HELD"
matches "the bus is full" "$(cat /proc/iomem)" crowd
log_mark
loads ids=1234:1111
is "the card is held" "$(class "$HELD" state)" held
is "the source is the shadow, and named so" "$(class "$HELD" rom_source)" shadow
isnt "it is not the card's ROM" "$(cmp "$CLASS/$HELD/rom" "$HELD_ROM")" ""
matches "the log says that the card's ROM was not read" "$(logged)" \
	"$HELD: option ROM not read from source bar: error -28"
is "the ROM BAR's register is as before" "$(setpci -s "$HELD" 30.L)" "$register"
is "the kernel's view is as before" "$(sed -n 7p "$PCI/$HELD/resource" | cut -d ' ' -f 1)" \
	0x00000000000c0000
unloads
rmmod crowd

# A BAR whose address the firmware has not set, or has forgotten.
setpci -s "$HELD" 30.L=0
loads ids=1234:1111
is "with room, but without an address: the card's ROM" "$(class "$HELD" rom_source)" bar
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
unloads
setpci -s "$HELD" 30.L="$register"
done_testing
