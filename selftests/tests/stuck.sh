# SPDX-License-Identifier: GPL-2.0
# A driver that does not let go of a function, as vfio's while a program has it open: the
# reclaim gives up after five seconds or at a signal, what had moved is moved back, others
# can move what they have, and when the driver lets go at last, it has the function again.
# area: faults
# topology: split
# timeout: 120
. /tests/lib.sh

cling=/sys/module/fussy/parameters/cling
functions="$HELD $ONE $TWO $AUDIO"

drivers()
{
	for function in $functions; do
		driver_of "$function"
	done | xargs
}

nobody_waits()
{
	! cat /proc/[0-9]*/stat 2>/dev/null | grep -q ' D '
}

moved="fussy fussy fussy fussy"
loads ids=1234:1111,8086:10c9,8086:293e,8086:10d3
insmod /lib/fussy.ko
writes 0 fussy "$CLASS/$HELD/handoff"
is "all are with the driver" "$(drivers)" "$moved"

# One that moves when another has moved already.
echo "$ONE" >$cling
log_mark
start=$(date +%s)
writes EBUSY 1 "$CLASS/$HELD/reclaim"
took=$(($(date +%s) - start))
is "after five seconds" $((took >= 5 && took < 5 * 3 * ${SLOW:-1})) 1
matches "the log says whose it stays" "$(logged)" \
	"$HELD: nothing moved: $ONE has not been let go in time; it stays with fussy$"
is "all are with the driver" "$(drivers)" "$moved"
is "the card, which had come, too" "$(logged | grep -c "$HELD: moved to vga-stub")" 1
eventually "nobody is stuck" nobody_waits

# Others are not concerned; those who want this one are told so, in a second.
writes 0 fussy "$CLASS/$SPANNED/handoff"
writes 0 1 "$CLASS/$SPANNED/reclaim"
log_mark
writes EBUSY 1 "$CLASS/$TWO/reclaim"
matches "the log says that it is locked" "$(logged)" \
	"$TWO: nothing moved: $ONE is busy: somebody has had it locked for a second$"
writes 0 "1 group" "$CLASS/$TWO/reclaim"
is "another group of the card comes back" "$(drivers)" "fussy fussy vga-stub fussy"
fails "the module cannot go meanwhile" unload

# It lets go at last.
log_mark
echo none >$cling
eventually "the driver has it again" sh -c "dmesg | tail -n 3 | grep -q '$ONE: let go at last, and back with fussy'"
is "it is where it was" "$(drivers)" "fussy fussy vga-stub fussy"
is "no override is left" "$(cat "$PCI/$ONE/driver_override")" "(null)"
writes 0 1 "$CLASS/$HELD/reclaim"
is "and comes back as all do" "$(drivers)" "vga-stub vga-stub vga-stub vga-stub"

# A signal ends the wait.
writes 0 fussy "$CLASS/$HELD/handoff"
echo "$HELD" >$cling
wr "$CLASS/$HELD/reclaim" 1 >/run/wr &
writer=$!
usleep 1000000
start=$(date +%s)
kill -9 $writer
wait $writer
is "who waits can be killed" $(($(date +%s) - start < 3 * ${SLOW:-1})) 1
echo none >$cling
eventually "the driver has it again" sh -c "dmesg | tail -n 3 | grep -q '$HELD: let go at last, and back with fussy'"
is "all are with the driver" "$(drivers)" "$moved"
writes 0 1 "$CLASS/$HELD/reclaim"
is "all come back" "$(drivers)" "vga-stub vga-stub vga-stub vga-stub"
rmmod fussy
eventually "the module can go" unload
done_testing
