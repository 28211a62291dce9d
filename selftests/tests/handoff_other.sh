# SPDX-License-Identifier: GPL-2.0
# Targets other than vfio-pci: any driver that manages DMA ownership itself, here
# pci-stub, by name and as the default.
# topology: plugin
. /tests/lib.sh

modprobe pci-stub
loads ids=1234:1111 handoff=pci-stub
writes 0 1 "$CLASS/$HELD/handoff"
is "handoff= names the default" "$(driver_of "$HELD")" pci-stub
is "state is handed-off" "$(class "$HELD" state)" handed-off
writes 0 1 "$CLASS/$HELD/reclaim"
is "it comes back" "$(class "$HELD" state)" held
writes 0 vfio-pci "$CLASS/$HELD/handoff"
is "a name goes before the default" "$(driver_of "$HELD")" vfio-pci
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

done_testing
