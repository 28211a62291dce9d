# SPDX-License-Identifier: GPL-2.0
# A card with a BAR that has no address, or none of its own: its memory decode is not
# switched on, since the BAR would answer where something else is. Its ROM is not read, the
# next source is taken, and one line says so.
# area: rom
# topology: bootport plugin
. /tests/lib.sh

# What the kernel shows of the ROM: a claim before this test may have ended the shadow.
case $(sed -n 7p "$PCI/$HELD/resource") in
0x00000000000c0000\ *) next=shadow ;;
*) next=none ;;
esac

for kind in unset unclaimed; do
	succeeds "a BAR is $kind" insmod /lib/resources.ko device="$HELD" $kind=2
	register=$(setpci -s "$HELD" 30.L)
	ask config-writes >/dev/null
	log_mark
	loads ids=1234:1111
	is "$kind: the card is held" "$(class "$HELD" state)" held
	is "$kind: the source is the next" "$(class "$HELD" rom_source)" $next
	is "$kind: one line says why" "$(logged | grep -c "$HELD: option ROM not read from source bar: another BAR has no address, and would answer as well")" 1
	is "$kind: the ROM BAR was not written to" "$(ask config-writes | grep "^${HELD#*:} 0x30 ")" ""
	is "$kind: it is as before" "$(setpci -s "$HELD" 30.L)" "$register"
	unloads
	rmmod resources
done

loads ids=1234:1111
is "with addresses it is read" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
unloads
done_testing
