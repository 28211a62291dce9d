# SPDX-License-Identifier: GPL-2.0
# driver_override claims a card that is in no ids=, and only that one.
# area: claim
# topology: twins igd
. /tests/lib.sh

loads
is "nothing is claimed at first" "$(driver_of "$HELD")" none
echo vga-stub >"$PCI/$HELD/driver_override"
writes 0 "$HELD" /sys/bus/pci/drivers_probe
is "vga-stub has the card" "$(driver_of "$HELD")" vga-stub
is "state is held" "$(class "$HELD" state)" held
is "decode is off" "$(decodes "$HELD")" none
[ -z "${TWIN:-}" ] || is "its twin is not touched" "$(driver_of "$TWIN")" none

echo >"$PCI/$HELD/driver_override"
unbind "$HELD"
is "state is unbound" "$(class "$HELD" state)" unbound
is "decode is as found" "$(decodes "$HELD")" "io mem"
is "nobody takes it back by itself" "$(driver_of "$HELD")" none
unloads

# Set before the module loads, as a udev rule or a modprobe.d line would.
echo vga-stub >"$PCI/$HELD/driver_override"
loads
is "an override set earlier claims on load" "$(driver_of "$HELD")" vga-stub
echo >"$PCI/$HELD/driver_override"
unloads
done_testing
