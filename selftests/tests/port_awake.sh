# SPDX-License-Identifier: GPL-2.0
# The port above a card that is held asleep stays awake, so that the card does not get into D3cold and its
# configuration can be read. Handed off and idle, vfio-pci lets the port sleep.
# area: power
# topology: ports
. /tests/lib.sh

port_of()
{
	echo "$(readlink -f "$PCI/$1/..")/power/runtime_status"
}

unbind "$HELD"
unbind "$SECOND"
loads devices=00:03.0/00.0,00:04.0/00.0
for round in 1 2; do
	for card in $HELD $SECOND; do
		is "$round: $card is held asleep" "$(class "$card" state) $(cat "$PCI/$card/power/runtime_status")" "held suspended"
	done
	sleep 1
	for card in $HELD $SECOND; do
		is "$round: the port above $card is awake" "$(cat "$(port_of "$card")")" active
	done
	for card in $HELD $SECOND; do
		writes 0 1 "$CLASS/$card/handoff"
		eventually "$round: the port above $card sleeps, once it is handed off" grep -qx suspended "$(port_of "$card")"
		writes 0 1 "$CLASS/$card/reclaim"
	done
done
unloads
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
