# SPDX-License-Identifier: GPL-2.0
# ids= claims a card when the module loads: no decode, no bus master, no INTx, a
# class directory; and unloading puts back what was there.
# area: claim
# topology: plugin igd uefi twins conventional
# smoke: yes
. /tests/lib.sh

before=$(decodes "$HELD")
isnt "the firmware has left decode on" "$before" none

log_mark
loads ids=1234:1111
is "vga-stub has the card" "$(driver_of "$HELD")" vga-stub
is "state is held" "$(class "$HELD" state)" held
is "neither I/O, memory nor bus master" "$(decodes "$HELD")" none
succeeds "INTx is off" intx_disabled "$HELD"
is "the device is not enabled" "$(cat "$PCI/$HELD/enable")" 0
matches "the log names the card" "$(logged)" "vga-stub $HELD: "
is "the host's card is not touched" "$(decodes "$HOST" | cut -d ' ' -f 1-2)" "io mem"

unloads
is "no driver has the card" "$(driver_of "$HELD")" none
is "COMMAND is as found, but bus master" "$(decodes "$HELD")" "${before% master}"
fails "INTx is as found" intx_disabled "$HELD"
fails "the class is gone" test -e $CLASS
done_testing
