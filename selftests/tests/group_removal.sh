# SPDX-License-Identifier: GPL-2.0
# Functions of a card of several groups are removed and found again while the card is moved
# there and back all the time: no group is left owned, and every move is whole or refused.
# area: group
# topology: split
# timeout: 120
# replugs: yes
. /tests/lib.sh

functions="$HELD $ONE $TWO $AUDIO"

drivers()
{
	for function in $functions; do
		driver_of "$function"
	done | xargs
}

loads ids=1234:1111,8086:10c9,8086:293e
modprobe vfio-pci
: >/run/moves
sh -c "while [ ! -e /run/stop ]; do wr $CLASS/$HELD/handoff 1; wr $CLASS/$HELD/reclaim 1; done; : >/run/ended" >/run/moves 2>&1 &
round=0
while [ $round -lt 8 ]; do
	round=$((round + 1))
	for function in $ONE $TWO; do
		usleep $((round * 20000))
		echo 1 >"$PCI/$function/remove"
		usleep $((round * 20000))
		echo 1 >/sys/bus/pci/rescan
	done
done
touch /run/stop
eventually "who moved it ends" test -e /run/ended
echo "# answers: $(sort /run/moves | uniq -c | xargs)"
matches "some moves went through" "$(cat /run/moves)" '^0$'
lacks "others were refused with a reason" "$(grep -Ev '^(0|EBUSY|ENODEV)$' /run/moves)" .
for function in $ONE $TWO; do
	eventually "$function is there, with its directory" test -e "$CLASS/$function/state"
done

# Whoever has what, it is one move from there, and back.
writes 0 1 "$CLASS/$HELD/reclaim"
is "all come back" "$(drivers)" "vga-stub vga-stub vga-stub vga-stub"
writes 0 1 "$CLASS/$HELD/handoff"
is "all go" "$(drivers)" "vfio-pci vfio-pci vfio-pci vfio-pci"
for function in $functions; do
	matches "no move owns the group of $function" "$(use "$function")" '^ready$'
done
writes 0 1 "$CLASS/$HELD/reclaim"
is "and come back" "$(drivers)" "vga-stub vga-stub vga-stub vga-stub"
unloads
rm /run/stop /run/ended
done_testing
