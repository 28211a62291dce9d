# SPDX-License-Identifier: GPL-2.0
# A crash kernel finds held cards as they were held: silent, asleep. It claims them, with
# their ROMs, and makes of them what their resources say that they were.
# area: power
# topology: power
. /tests/lib.sh

unbind "$HELD"
unbind "$SECOND"
if [ "$PHASE" = 1 ]; then
	hold_and_hand_off
	next_kernel -p
	echo c >/proc/sysrq-trigger
	sleep 100
fi

succeeds "this is a crash kernel" test -s /proc/vmcore
is "the card that has no driver is still silent" "$(decodes "$PLAIN")" none
loads devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0
for card in $HELD $SECOND $PLAIN; do
	is "$card is held" "$(class "$card" state) $(decodes "$card")" "held none"
done
succeeds "a ROM is the card's own" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
succeeds "so is the other" cmp "$CLASS/$PLAIN/rom" "$PLAIN_ROM"
for card in $HELD $SECOND $PLAIN; do
	writes 0 1 "$CLASS/$card/handoff"
	matches "$card can be used" "$(use "$card")" '^ready$'
	writes 0 1 "$CLASS/$card/reclaim"
done
unloads
is "released, the card decodes what its BARs are" "$(decodes "$PLAIN")" mem
# As the other kernel left it, for init.
config_write "$PLAIN" 4 00
config_write "$PLAIN" 5 05
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
