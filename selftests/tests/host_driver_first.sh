# SPDX-License-Identifier: GPL-2.0
# A card that a host driver already has is never taken: one line says who has it and
# how to be earlier.
# topology: twins
. /tests/lib.sh

modprobe bochs
is "bochs has the card" "$(driver_of "$HELD")" bochs-drm
log_mark
loads ids=1234:1111
is "bochs still has it" "$(driver_of "$HELD")" bochs-drm
is "bochs still has its twin" "$(driver_of "$TWIN")" bochs-drm
is "one line names card and driver" "$(logged | grep -c "$HELD.*bochs")" 1
is "one line for the twin" "$(logged | grep -c "$TWIN.*bochs")" 1
unbind "$TWIN"
fails "no forced unbind, no claim by itself" test -e "$CLASS/$HELD/state"
echo vga-stub >"$PCI/$TWIN/driver_override"
echo "$TWIN" >/sys/bus/pci/drivers_probe
echo >"$PCI/$TWIN/driver_override"
is "released by bochs, it can be claimed" "$(class "$TWIN" state)" held
unloads
unbind "$HELD"
modprobe -r bochs
done_testing
