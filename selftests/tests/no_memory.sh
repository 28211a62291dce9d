# SPDX-License-Identifier: GPL-2.0
# The 1st, 2nd, ... allocation of a hand-off, a reclaim, a release and a claim fails, until
# there are no more. Each time the call has done all or nothing, for the whole group, and
# what comes next finds nothing amiss.
# area: faults
# topology: plugin igd multifunction split
# sanitizers: only
. /tests/lib.sh

# The target is a driver of our own: vfio-pci's warns when the name of a group cannot be
# allocated (vfio_group_release() in 7.2).
insmod /lib/fussy.ko
# This one has no way to fail: the kernel warns if it has to.
allocations_can_fail outside iommu_group_release_dma_owner

# sweep NAME BEFORE AFTER CALL... -- UNDO...
sweep()
{
	s_name=$1 s_before=$2 s_after=$3
	shift 3
	if s_out=$(failnth sweep "$functions" "$s_before" "$s_after" -- "$@" 2>&1); then
		pass "$s_name: all or nothing"
	else
		fail "$s_name: all or nothing" "$s_out
      before: $s_before
       after: $s_after"
	fi
	echo "# $s_name: $s_out"
}

dir=$CLASS/$HELD
ids=$(ids_of "$HELD")
functions=$HELD
for function in ${AUDIO:-} ${USB:-} ${ONE:-} ${TWO:-}; do
	functions=$functions,$function
	ids="$ids,$(ids_of "$function")"
done

# What it is each time, where there is memory.
loads "ids=$ids"
held=$(failnth facts "$functions")
matches "the card is held" "$held" "^driver=vga-stub state=held rom=[a-z]+ decodes=none arbiter=none override=\(null\); "
writes 0 fussy "$dir/handoff"
gone=$(failnth facts "$functions")
matches "handed off" "$gone" "^driver=fussy state=handed-off "
writes 0 1 "$dir/reclaim"
is "held again" "$(failnth facts "$functions")" "$held"

sweep hand-off "$held" "$gone" write "$dir/handoff" fussy -- write "$dir/reclaim" 1
writes 0 fussy "$dir/handoff"
sweep reclaim "$gone" "$held" write "$dir/reclaim" 1 -- write "$dir/handoff" fussy
writes 0 1 "$dir/reclaim"

functions=$HELD
held=$(failnth facts "$HELD")
unbind "$HELD"
free=$(failnth facts "$HELD")
matches "released" "$free" "^driver=none state=unbound rom=[a-z]+ decodes=io\+mem arbiter=io\+mem "
sweep "claim" "$free" "$held" write /sys/bus/pci/drivers/vga-stub/bind "$HELD" -- \
	write /sys/bus/pci/drivers/vga-stub/unbind "$HELD"
echo "$HELD" >/sys/bus/pci/drivers/vga-stub/bind
sweep release "$held" "$free" write /sys/bus/pci/drivers/vga-stub/unbind "$HELD" -- \
	write /sys/bus/pci/drivers/vga-stub/bind "$HELD"
unloads
rmmod fussy
done_testing
