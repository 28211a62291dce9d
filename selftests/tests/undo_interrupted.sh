# SPDX-License-Identifier: GPL-2.0
# A signal for the writer while the target's probe fails: those that have moved come back
# all the same, be it a signal that the writer handles or one that ends it.
# area: group
# topology: multifunction
. /tests/lib.sh

held="vga-stub vga-stub vga-stub"
refuse=/sys/module/fussy/parameters/refuse
dawdle=/sys/module/fussy/parameters/dawdle

# The companions have moved, and the card is in its probe.
card_is_last()
{
	[ "$(driver_of "$AUDIO") $(driver_of "$USB")" = "fussy fussy" ]
}

loads ids=1234:1111,8086:293e,1b36:000d
insmod /lib/fussy.ko
echo "$HELD" >$refuse
cfgsnap save /run/held

for signal in USR1 KILL; do
	echo "$HELD" >$dawdle
	log_mark
	sh -c 'trap : USR1; echo fussy >"$0"' "$CLASS/$HELD/handoff" 2>/dev/null &
	writer=$!
	eventually "$signal: the companions have moved" card_is_last
	usleep 500000
	kill -$signal $writer
	usleep 200000
	echo none >$dawdle
	wait $writer
	is "$signal: all are held" "$(drivers)" "$held"
	lacks "$signal: nothing is left elsewhere" "$(logged)" "not put back|let go at last"
	is "$signal: no override is left" \
		"$(for f in $HELD $AUDIO $USB; do cat "$PCI/$f/driver_override"; done | sort -u)" "(null)"
	is "$signal: configuration space is as before" "$(cfgsnap diff /run/held)" ""
done
rmmod fussy
unloads
done_testing
