# SPDX-License-Identifier: GPL-2.0
# Without an IOMMU, vfio in its unsafe mode takes the card, with groups that have no IOMMU
# of their own; it comes back, and not while a program has it open.
# area: move
# topology: nommu
# sanitizers: only
. /tests/lib.sh

loads ids=1234:1111,8086:293e,1b36:000d
modprobe vfio enable_unsafe_noiommu_mode=1
for scope in card group; do
	writes 0 "vfio-pci $scope" "$CLASS/$AUDIO/handoff"
	is "$scope: all go" "$(drivers)" "vfio-pci vfio-pci vfio-pci"
	succeeds "$scope: vfio has made groups" test -e "$PCI/$HELD/iommu_group"
	writes 0 "1 $scope" "$CLASS/$HELD/reclaim"
	is "$scope: all come back" "$(drivers)" "vga-stub vga-stub vga-stub"
done

writes 0 1 "$CLASS/$HELD/handoff"
modprobe vfio_iommu_type1
vfio-client -n -k "$USB" >/run/client.out &
client=$!
eventually "a program uses one" grep -q ready /run/client.out
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim"
matches "the log names it" "$(logged)" "$HELD: nothing moved: $USB is in use: a program has it open"
is "nothing has moved" "$(drivers)" "vfio-pci vfio-pci vfio-pci"
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
is "all come back" "$(drivers)" "vga-stub vga-stub vga-stub"
unloads
done_testing
