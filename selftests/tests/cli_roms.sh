# SPDX-License-Identifier: GPL-2.0
# The doctor says which ROMs are not in order, and which guests the others do not boot.
# area: command
# topology: roms
# sanitizers: no
. /tests/lib.sh

loads ids=1234:1111
found >/run/found
for card in "$CARD0" "$CARD1" "$CARD4" "$CARD8" "$CARD9"; do
	finds "$(class "$card" rom_status)" "warn rom-bad $card"
done
finds "an EFI image only" "info rom-no-legacy $CARD10"
lacks "both images" "$(cat /run/found)" "rom-[a-z-]* $CARD11"
finds "a legacy image only" "info rom-no-efi $CARD14"
unloads
done_testing
