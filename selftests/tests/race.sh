# SPDX-License-Identifier: GPL-2.0
# Several writers of handoff, reclaim, bind and unbind at once: no deadlock, and the
# card ends in a state that works.
# area: faults
# topology: smp
# timeout: 90
. /tests/lib.sh

loads ids=1234:1111
modprobe vfio-pci
dir=$CLASS/$HELD

# again FILE TEXT: for four seconds
again()
{
	end=$(($(date +%s) + 4))
	while [ "$(date +%s)" -lt $end ]; do
		wr "$1" "$2"
	done
}

again "$dir/handoff" 1 >/run/race.1 2>&1 &
again "$dir/handoff" vfio-pci >/run/race.2 2>&1 &
again "$dir/reclaim" 1 >/run/race.3 2>&1 &
again /sys/bus/pci/drivers/vga-stub/unbind "$HELD" >/run/race.4 2>&1 &
again /sys/bus/pci/drivers/vga-stub/bind "$HELD" >/run/race.5 2>&1 &
again /sys/bus/pci/drivers/vfio-pci/unbind "$HELD" >/run/race.6 2>&1 &
sh -c "while cat $dir/state $dir/rom; do :; done" >/dev/null 2>&1 &
reader=$!
for job in $(jobs -p); do
	[ "$job" = $reader ] || wait "$job"
done
kill $reader
wait $reader
echo "# answers: $(cat /run/race.* | sort | uniq -c | xargs)"
matches "some writes succeeded" "$(cat /run/race.*)" '^0$'
is "no driver_override is left" "$(cat "$PCI/$HELD/driver_override")" "(null)"

[ "$(driver_of "$HELD")" != none ] || echo "$HELD" >/sys/bus/pci/drivers/vga-stub/bind
[ "$(driver_of "$HELD")" != vfio-pci ] || wr "$dir/reclaim" 1
is "the card can be held" "$(class "$HELD" state)" held
is "and is silent" "$(decodes "$HELD") $(arbiter "$HELD")" \
	"none decodes=none,owns=none,locks=none(0:0)"
unloads
done_testing
