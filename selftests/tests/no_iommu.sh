# SPDX-License-Identifier: GPL-2.0
# Without an IOMMU a card can be held; handing it to vfio-pci fails with vfio's own
# error, and the card is held as before. The held functions of the slot are what moves.
# area: move
# topology: nommu
. /tests/lib.sh

held="vga-stub vga-stub vga-stub"

fails "there is no IOMMU" test -e "$PCI/$HELD/iommu_group"
loads ids=1234:1111,8086:293e,1b36:000d
cfgsnap save /run/held
is "all are held" "$(drivers)" "$held"
for text in vfio-pci "1 group"; do
	log_mark
	writes EINVAL "$text" "$CLASS/$HELD/handoff"
	matches "the log names function and driver" "$(logged)" "$AUDIO: not moved to vfio-pci: error -22"
	is "all are held as before" "$(drivers) $(class "$HELD" state)" "$held held"
	is "the card is silent" "$(decodes "$HELD") $(arbiter "$HELD")" \
		"none decodes=none,owns=none,locks=none(0:0)"
	is "configuration space is as before" "$(cfgsnap diff /run/held)" ""
	is "no driver_override is left" "$(cat "$PCI/$HELD/driver_override")" "(null)"
done

# A driver that needs none takes them: of one slot, whatever is asked for.
modprobe pci-stub
for scope in card group; do
	writes 0 "pci-stub $scope" "$CLASS/$USB/handoff"
	is "$scope: pci-stub has all" "$(drivers) $(class "$HELD" state)" \
		"pci-stub pci-stub pci-stub handed-off"
	writes 0 "1 $scope" "$CLASS/$AUDIO/reclaim"
	is "$scope: all come back" "$(drivers) $(class "$HELD" state)" "$held held"
done
unloads
done_testing
