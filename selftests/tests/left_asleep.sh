# SPDX-License-Identifier: GPL-2.0
# A card that its driver left in D3hot, where no ROM can be read, is woken by the claim.
# area: power
# topology: power
. /tests/lib.sh

unbind "$HELD"
insmod /lib/fussy.ko sleepy=1
succeeds "a driver has it" bind_to "$HELD" fussy
unbind "$HELD"
is "and leaves it asleep" "$(cat "$PCI/$HELD/power_state") $((0x$(config "$HELD" 0x80 1) & 3))" "D3hot 3"

loads devices=00:03.0/00.0
is "it is held, and sleeps" "$(class "$HELD" state) $(cat "$PCI/$HELD/power_state")" "held D3hot"
is "its ROM was captured" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
unbind "$HELD"
is "released, it is awake" "$(cat "$PCI/$HELD/power_state") $((0x$(config "$HELD" 0x80 1) & 3))" "D0 0"
matches "and decodes memory" "$(decodes "$HELD")" mem
unloads
rmmod fussy
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
