# SPDX-License-Identifier: GPL-2.0
# Without an IOMMU a card can be held; handing it to vfio-pci fails with vfio's own
# error, and the card is held as before.
# topology: nommu
. /tests/lib.sh

fails "there is no IOMMU" test -e "$PCI/$HELD/iommu_group"
loads ids=1234:1111
cfgsnap save /run/held
is "the card is held" "$(class "$HELD" state)" held
log_mark
writes EINVAL vfio-pci "$CLASS/$HELD/handoff"
matches "the log names device and driver" "$(logged)" "$HELD: .*vfio-pci"
is "the card is held as before" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "it is silent" "$(decodes "$HELD") $(arbiter "$HELD")" \
	"none decodes=none,owns=none,locks=none(0:0)"
is "configuration space is as before" "$(cfgsnap diff /run/held)" ""
is "no driver_override is left" "$(cat "$PCI/$HELD/driver_override")" "(null)"

# A driver that needs none takes it.
modprobe pci-stub
writes 0 pci-stub "$CLASS/$HELD/handoff"
is "pci-stub has it" "$(driver_of "$HELD") $(class "$HELD" state)" "pci-stub handed-off"
writes 0 1 "$CLASS/$HELD/reclaim"
is "it comes back" "$(class "$HELD" state)" held
unloads
done_testing
