# SPDX-License-Identifier: GPL-2.0
# Targets other than vfio-pci: any driver that manages DMA ownership itself, here
# pci-stub, by name and as the default; and by the name of its module.
# area: move
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

# What users type for a driver: its module's name, loaded or not.
modprobe -r vfio-pci
modprobe -r pci-stub
loads ids=1234:1111 handoff=pci_stub
fails "no module is loaded yet" grep -Eq '^(vfio_pci|pci_stub) ' /proc/modules
for name in vfio_pci:vfio-pci pci_stub:pci-stub 1:pci-stub; do
	log_mark
	writes 0 "${name%:*}" "$CLASS/$HELD/handoff"
	is "${name%:*} is ${name#*:}" "$(driver_of "$HELD")" "${name#*:}"
	matches "  as the log says" "$(logged)" "$HELD: moved to ${name#*:}$"
	writes 0 1 "$CLASS/$HELD/reclaim"
done
unloads
done_testing
