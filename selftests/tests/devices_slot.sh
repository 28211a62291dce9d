# SPDX-License-Identifier: GPL-2.0
# devices= with * for the function: the whole slot is held, companions too, and moves
# as one. With IDs, only the functions that have them.
# area: choose
# topology: multifunction
. /tests/lib.sh

slot=${HELD%.*}
loads "devices=$slot.*"
for card in "$HELD" "$AUDIO" "$USB"; do
	is "$card is held" "$(class "$card" state)" held
done
is "nothing else is" "$(claimed)" "$HELD $AUDIO $USB"
is "companions have no ROM" "$(class "$AUDIO" rom_source) $(class "$USB" rom_source)" "none none"
writes 0 1 "$CLASS/$AUDIO/handoff"
is "they move as one" "$(driver_of "$HELD") $(driver_of "$AUDIO") $(driver_of "$USB")" \
	"vfio-pci vfio-pci vfio-pci"
writes 0 1 "$CLASS/$USB/reclaim"
is "and back" "$(driver_of "$HELD") $(driver_of "$AUDIO") $(driver_of "$USB")" \
	"vga-stub vga-stub vga-stub"
unloads

loads "devices=$slot.*=$(ids_of "$AUDIO")"
is "with IDs, the one that has them" "$(ls $CLASS)" "$AUDIO"
unloads

loads "devices=$slot.0,$slot.2"
is "named one by one" "$(claimed)" "$HELD $USB"
unloads
done_testing
