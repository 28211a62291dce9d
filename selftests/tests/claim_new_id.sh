# SPDX-License-Identifier: GPL-2.0
# new_id, bind, unbind and remove_id of the PCI core work.
# area: claim
# topology: plugin igd
. /tests/lib.sh

DRIVER=/sys/bus/pci/drivers/vga-stub

loads
writes ENODEV "$HELD" $DRIVER/bind
writes 0 "1234 1111" $DRIVER/new_id
is "new_id claims the card" "$(driver_of "$HELD")" vga-stub
is "state is held" "$(class "$HELD" state)" held
is "decode is off" "$(decodes "$HELD")" none

writes 0 "$HELD" $DRIVER/unbind
is "unbind releases it" "$(class "$HELD" state)" unbound
is "decode is as found" "$(decodes "$HELD")" "io mem"
writes 0 "$HELD" $DRIVER/bind
is "bind claims it again" "$(class "$HELD" state)" held
is "decode is off again" "$(decodes "$HELD")" none

writes 0 "$HELD" $DRIVER/unbind
writes 0 "1234 1111" $DRIVER/remove_id
writes ENODEV "$HELD" $DRIVER/bind
is "remove_id ends that" "$(driver_of "$HELD")" none
unloads
done_testing
