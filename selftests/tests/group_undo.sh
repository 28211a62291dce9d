# SPDX-License-Identifier: GPL-2.0
# When the target's probe fails for one member of a group, those that have moved come
# back, whichever member it is; likewise when a member cannot be reclaimed.
# area: group
# topology: multifunction
. /tests/lib.sh

held="vga-stub vga-stub vga-stub"
refuse=/sys/module/fussy/parameters/refuse

loads ids=1234:1111,8086:293e,1b36:000d
insmod /lib/fussy.ko
cfgsnap save /run/held
arbiter_lines >/run/arbiter

for function in $HELD $AUDIO $USB; do
	echo "$function" >$refuse
	log_mark
	writes EIO fussy "$CLASS/$HELD/handoff" "the driver's error, for $function refused"
	matches "the log names the member" "$(logged)" "$function: not moved to fussy: error -5"
	is "all are held" "$(drivers)" "$held"
	is "no override is left" \
		"$(for f in $HELD $AUDIO $USB; do cat "$PCI/$f/driver_override"; done | sort -u)" "(null)"
	is "configuration space is as before" "$(cfgsnap diff /run/held)" ""
	is "and so is the arbiter" "$(arbiter_lines)" "$(cat /run/arbiter)"
done

echo none >$refuse
writes 0 fussy "$CLASS/$HELD/handoff"
is "all go if none is refused" "$(drivers)" "fussy fussy fussy"
writes EBUSY vfio-pci "$CLASS/$HELD/handoff"
is "to another driver only by way of us" "$(drivers)" "fussy fussy fussy"
writes 0 1 "$CLASS/$HELD/reclaim"
is "and come back" "$(drivers)" "$held"
rmmod fussy
unloads
done_testing
