# SPDX-License-Identifier: GPL-2.0
# state is read off the device, whoever moves it: plain sysfs, as libvirt and
# driverctl use it, as well as handoff and reclaim.
# area: claim
# topology: plugin
. /tests/lib.sh

# move BDF DRIVER: as libvirt does
move()
{
	echo "$2" >"$PCI/$1/driver_override"
	unbind "$1"
	echo "$1" >/sys/bus/pci/drivers_probe
	echo >"$PCI/$1/driver_override"
}

modprobe vfio-pci
loads ids=1234:1111
is "held" "$(class "$HELD" state)" held
unbind "$HELD"
is "unbound" "$(class "$HELD" state)" unbound
move "$HELD" vfio-pci
is "moved to vfio-pci by hand: handed-off" "$(driver_of "$HELD") $(class "$HELD" state)" \
	"vfio-pci handed-off"
matches "a program can use it" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
is "reclaimed" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
writes 0 1 "$CLASS/$HELD/handoff"
move "$HELD" vga-stub
is "taken back by hand: held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "and silent" "$(decodes "$HELD") $(arbiter "$HELD")" \
	"none decodes=none,owns=none,locks=none(0:0)"

# A host driver has it.
unbind "$HELD"
modprobe bochs
[ "$(driver_of "$HELD")" = bochs-drm ] || bind_to "$HELD" bochs-drm
is "bochs has it" "$(driver_of "$HELD")" bochs-drm
is "a driver of the host has it: host" "$(class "$HELD" state)" host
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim" "a host driver's card is not taken back"
matches "the log names the driver" "$(logged)" "$HELD: .*bochs"
is "bochs still has it" "$(driver_of "$HELD")" bochs-drm
unbind "$HELD"
modprobe -r bochs
unloads
done_testing
