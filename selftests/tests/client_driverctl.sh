# SPDX-License-Identifier: GPL-2.0
# driverctl, Debian's own: overrides of held cards are set and unset as with pci-stub, and
# cards that ids= names come back.
# area: clients
# topology: clients
# sanitizers: no
. /tests/lib.sh

driverctl()
{
	in_root driverctl "$@" 2>&1
}

# Before vfio-pci, as on a user's machine: driverctl gives vfio-pci the card's IDs for good.
loads ids=1234:1111
open_root
modprobe bochs
modprobe pci-stub

is "set-override takes the card to vfio-pci" "$(driverctl set-override "$HELD" vfio-pci)" ""
is "it is there" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
is "list-overrides shows it" "$(driverctl list-overrides)" "$HELD vfio-pci"
matches "a program uses it" "$(use "$HELD")" '^ready$'
is "the other stays held" "$(class "$TWIN" state)" held
is "unset-override" "$(driverctl unset-override "$HELD")" ""
is "brings it back: vga-stub was there before bochs" "$(driver_of "$HELD") $(class "$HELD" state)" \
	"vga-stub held"
is "it is silent" "$(decodes "$HELD")" none
matches "list-overrides shows none" "$(driverctl list-overrides)" "^driverctl: No overridable devices"

is "to the host's driver" "$(driverctl set-override "$HELD" bochs-drm 2>&1 | grep -v 'no such module')" ""
driverctl set-override "$HELD" pci-stub >/dev/null
is "to pci-stub" "$(driver_of "$HELD")" pci-stub
writes 0 1 "$CLASS/$HELD/reclaim"
is "taken back from there" "$(class "$HELD" state)" held
is "the override is the user's" "$(cat "$PCI/$HELD/driver_override")" pci-stub
is "unset" "$(driverctl unset-override "$HELD")" ""
is "still held" "$(class "$HELD" state)" held
unloads
close_root
done_testing
