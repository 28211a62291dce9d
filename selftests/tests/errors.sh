# SPDX-License-Identifier: GPL-2.0
# A card reports PCI Express errors, raised by QEMU: the kernel recovers from them while it
# is held, as it is afterwards, and while it is handed off.
# area: power
# topology: power
. /tests/lib.sh

look()
{
	fall_asleep "$1"
	condition "$1"
}

# recovers NAME CARD ERROR SEVERITY, where the card is QEMU's NAME
recovers()
{
	log_mark
	lacks "$2 reports $3" "$(ask human pcie_aer_inject_error "$1" "$3")" "Error|unknown|invalid"
	eventually "$3 at $2: the kernel is done with it" \
		sh -c "kernel-log '$t_mark' | grep -q 'device recovery'"
	matches "it was the card's, and $4" "$(logged)" "$2: .*severity=Uncorrectable $4"
	matches "recovery has succeeded" "$(logged)" "device recovery successful"
	lacks "nobody was in the way" "$(logged)" "can't recover|recovery failed"
}

unbind "$HELD"
unbind "$SECOND"
loads devices=00:03.0/00.0,00:04.0/00.0
for card in "held $HELD" "second $SECOND"; do
	name=${card% *}
	card=${card#* }
	before=$(look "$card")
	cfgsnap save /run/held
	for error in "COMP_ABORT Non-Fatal" "DLP Fatal"; do
		recovers "$name" "$card" "${error% *}" "\\(${error#* }\\)"
		is "after ${error% *}, held: all is as before" "$(look "$card")" "$before"
		is "configuration space, too" "$(cfgsnap diff /run/held "$card")" ""
	done
	writes 0 1 "$CLASS/$card/handoff"
	matches "$card can be used" "$(use "$card")" '^ready$'
	recovers "$name" "$card" COMP_ABORT "\\(Non-Fatal\\)"
	is "it is handed off" "$(class "$card" state)" handed-off
	writes 0 1 "$CLASS/$card/reclaim"
	is "reclaimed, it is as before" "$(look "$card")" "$before"
done
unloads
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
