# SPDX-License-Identifier: GPL-2.0
# A group that the host's network is part of cannot be handed off: refused, naming the
# device, and nothing has moved.
# area: group
# topology: company
. /tests/lib.sh

loads ids=1234:1111
is "the network has its driver" "$(driver_of "$NETWORK")" e1000e
is "both are one group" "$(basename "$(readlink "$PCI/$HELD/iommu_group")")" \
	"$(basename "$(readlink "$PCI/$NETWORK/iommu_group")")"
log_mark
writes EBUSY 1 "$CLASS/$HELD/handoff"
matches "the log names the device and its driver" "$(logged)" \
	"$HELD: nothing moved: $NETWORK is bound to e1000e"
is "in one line" "$(logged | grep -c "vga-stub")" 1
is "the card is still held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "its decode is off" "$(decodes "$HELD")" none
is "the network still has its driver" "$(driver_of "$NETWORK")" e1000e

# The bridge above and unbound members do not block.
unbind "$NETWORK"
writes 0 1 "$CLASS/$HELD/handoff"
is "without the network the card goes" "$(driver_of "$HELD")" vfio-pci
matches "and a program gets it" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
echo "$NETWORK" >/sys/bus/pci/drivers_probe
is "the network is back" "$(driver_of "$NETWORK")" e1000e
done_testing
