# SPDX-License-Identifier: GPL-2.0
# Of two equal cards one is held by driver_override, and the other works for the
# host, whatever is done with the first.
# area: claim
# topology: twins
. /tests/lib.sh

loads
echo vga-stub >"$PCI/$HELD/driver_override"
echo "$HELD" >/sys/bus/pci/drivers_probe
modprobe bochs
is "the first is held" "$(driver_of "$HELD")" vga-stub
is "the second has bochs" "$(driver_of "$TWIN")" bochs-drm
succeeds "and a display" ls "$PCI/$TWIN/drm"
is "one directory in the class" "$(ls $CLASS)" "$HELD"
before=$(decodes "$TWIN")
writes 0 1 "$CLASS/$HELD/handoff"
matches "a program uses the first" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
is "the second is as it was" "$(driver_of "$TWIN") $(decodes "$TWIN")" "bochs-drm $before"
is "the arbiter's count leaves out the first only" "$(arbiter_count)" 2
is "driver_override is kept" "$(cat "$PCI/$HELD/driver_override")" vga-stub
echo >"$PCI/$HELD/driver_override"
unloads
unbind "$TWIN"
modprobe -r bochs
done_testing
