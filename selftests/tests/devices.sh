# SPDX-License-Identifier: GPL-2.0
# devices= claims the card at a place, and nothing else: its twin keeps its driver and
# notices nothing. Other drivers do not get the card, unless somebody says so by hand.
# area: choose
# topology: twins
. /tests/lib.sh

override()
{
	cat "$PCI/$1/driver_override"
}

modprobe bochs
is "bochs has both" "$(driver_of "$HELD") $(driver_of "$TWIN")" "bochs-drm bochs-drm"
unbind "$HELD"
log_mark
loads "devices=$HELD"
is "devices reads as given" "$(cat /sys/module/vga_stub/parameters/devices)" "$HELD"
is "the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "its twin has bochs" "$(driver_of "$TWIN")" bochs-drm
lacks "nothing is said of the twin" "$(logged)" "$TWIN"
is "one directory in the class" "$(ls $CLASS)" "$HELD"

# What clients do that know nothing of us: libvirt and driverctl clear the override,
# unbind and have a driver found.
writes 0 1 "$CLASS/$HELD/handoff"
is "handed off" "$(driver_of "$HELD")" vfio-pci
echo >"$PCI/$HELD/driver_override"
unbind "$HELD"
echo "$HELD" >/sys/bus/pci/drivers_probe
is "taken from vfio-pci it is held again, though bochs was there first" "$(driver_of "$HELD")" vga-stub

# By hand, to the host's driver and back.
unbind "$HELD"
is "unbound by hand, it is reserved no longer" "$(override "$HELD")" "(null)"
succeeds "another driver can have it" sh -c "echo $HELD >/sys/bus/pci/drivers/bochs-drm/bind"
unbind "$HELD"
succeeds "and have it again" sh -c "echo $HELD >/sys/bus/pci/drivers/bochs-drm/bind"
unbind "$HELD"
echo "$HELD" >/sys/bus/pci/drivers/vga-stub/bind 2>/dev/null
is "it is not ours by bind alone" "$(driver_of "$HELD")" none
succeeds "but by driver_override" bind_to "$HELD" vga-stub

# A card that is plugged in is ours before any driver sees it.
echo 1 >"$PCI/$HELD/remove"
echo 1 >/sys/bus/pci/rescan
is "one that comes again is held, not bochs's" "$(driver_of "$HELD")" vga-stub
writes 0 1 "$CLASS/$HELD/handoff"
unloads
is "without the module there is no override" "$(override "$HELD") $(override "$TWIN")" "(null) (null)"
unbind "$HELD"

# An override of somebody else stands.
echo pci-stub >"$PCI/$HELD/driver_override"
loads "devices=$HELD"
is "the card that is meant for another is not claimed" "$(driver_of "$HELD")" none
unloads
is "its override stands" "$(override "$HELD")" pci-stub
echo >"$PCI/$HELD/driver_override"

# Late.
echo "$HELD" >/sys/bus/pci/drivers/bochs-drm/bind
log_mark
loads "devices=$HELD"
is "a card that has a driver is left there" "$(driver_of "$HELD")" bochs-drm
is "one line says who has it" "$(logged | grep -c "$HELD: not claimed: bochs-drm has it.*softdep bochs pre: vga_stub")" 1
is "no directory claims anything" "$(ls $CLASS)" ""
unbind "$HELD"
echo "$HELD" >/sys/bus/pci/drivers_probe
is "once it is free, it is ours" "$(class "$HELD" state)" held
unloads
unbind "$TWIN"
modprobe -r bochs
done_testing
