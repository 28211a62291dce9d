# SPDX-License-Identifier: GPL-2.0
# A probe waits for nobody: not for a writer in a file of the card that was in this place before,
# who waits for a module, whose driver in turn waits for the card's lock. The new card's
# directory follows the old one's. What the directories wait for, the arbiter does not; and no
# two directories are worked on at once, whichever processor and NUMA node asks for it.
# area: faults
# topology: numa
# replugs: yes
. /tests/lib.sh

is "there are two NUMA nodes" "$(cat /sys/devices/system/node/online)" 0-1
is "with a processor each" "$(cat /sys/devices/system/node/node*/cpulist | xargs)" "0 1"

# What loads modules: it waits until it is told, and then loads a driver that matches the card.
cat >/run/loader <<'END'
#!/bin/busybox sh
while [ -e /run/wait ]; do usleep 50000; done
/bin/busybox insmod /lib/fussy.ko greedy=1
END
chmod +x /run/loader
loader=$(cat /proc/sys/kernel/modprobe)
echo /run/loader >/proc/sys/kernel/modprobe

# stays NAME: it is there now, and still is after a while
stays()
{
	[ -e "$CLASS/$1/state" ] && sleep 1 && [ -e "$CLASS/$1/state" ]
}

loads ids=1234:1111
is "two cards are held" "$(claimed)" "$HELD $SECOND"
eventually "the host's card gets the ranges" owns "$HOST"
touch /run/wait
wr "$CLASS/$HELD/handoff" fussy >/run/written &
eventually "a writer waits for a module" pidof loader

# From one processor, and from the other. (What goes is not to be seen any more while a writer is in it.)
echo 1 | taskset 1 tee "$PCI/$HELD/remove" >/run/out
echo 1 | taskset 2 tee "$PCI/$SECOND/remove" >/run/out
succeeds "the other's directory waits its turn" stays "$SECOND"

rm -f /run/rescanned
{
	echo 1 >/sys/bus/pci/rescan
	touch /run/rescanned
} &
eventually "the cards are found at once" test -e /run/rescanned
is "and claimed" "$(driver_of "$HELD") $(driver_of "$SECOND")" "vga-stub vga-stub"
is "and silent" "$(decodes "$HELD") $(decodes "$SECOND")" "none none"
is "the writer still waits" "$(cat /run/written)" ""

# A card that has the ranges, claimed now: the arbiter's work is done elsewhere.
unbind "$SECOND"
vga-lock "target PCI:$SECOND" "lock io+mem" "unlock io+mem" >/run/out
succeeds "the second card has the ranges" owns "$SECOND"
succeeds "it is claimed again" bind_to "$SECOND" vga-stub
eventually "the host's card gets them meanwhile" owns "$HOST"

log_mark
rm /run/wait
eventually "the writer ends, as its card is gone" grep -qx ENODEV /run/written
matches "the log says so" "$(logged)" "$HELD: nothing moved: the device is gone"
eventually "both have their directories" sh -c ". /tests/lib.sh; [ \"\$(claimed)\" = '$HELD $SECOND' ]"
eventually "which are the new cards'" grep -qx held "$CLASS/$HELD/state"
succeeds "their ROMs are there" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "the greedy driver has neither" "$(driver_of "$HELD") $(driver_of "$SECOND")" "vga-stub vga-stub"
echo "$loader" >/proc/sys/kernel/modprobe
rmmod fussy
unloads
done_testing
