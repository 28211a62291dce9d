# SPDX-License-Identifier: GPL-2.0
# A held card sleeps in D3hot, by the kernel's runtime power management and never in D3cold; not
# with disable_idle_d3, nor while power/control says "on". Hand-off and release wake it; the user of
# a handed off card has it in D0. power/control is as it was when it is released.
# area: power
# topology: power
. /tests/lib.sh

# What the kernel takes the state to be, and what the card says in its power management
# capability, which both cards have at 0x7c.
states()
{
	set -- "$(cat "$PCI/$1/power_state")" $((0x$(config "$1" 0x80 1) & 3)) "$(cat "$PCI/$1/power/runtime_status")"
	echo "$*"
}

unbind "$HELD"
unbind "$SECOND"
for idle in 0 1; do
	loads devices=00:03.0/00.0,00:04.0/00.0 disable_idle_d3=$idle
	held="D3hot 3 suspended"
	[ $idle = 0 ] || held="D0 0 active"
	for card in $HELD $SECOND; do
		is "$idle: held" "$(states "$card")" "$held"
		is "$idle: power/control" "$(cat "$PCI/$card/power/control")" "$([ $idle = 0 ] && echo auto || echo on)"
		echo on >"$PCI/$card/power/control"
		sleep 1
		is "$idle: control is on, it is awake" "$(states "$card")" "D0 0 active"
		is "$idle: and silent" "$(decodes "$card")" none
		echo auto >"$PCI/$card/power/control"
		sleep 1
		is "$idle: control is auto, it is as before" "$(states "$card")" "$held"
		is "$idle: and silent" "$(decodes "$card")" none
		[ $idle = 0 ] || echo on >"$PCI/$card/power/control"
		[ ! -e "$CLASS/$card/rom" ] || cat "$CLASS/$card/rom" >/dev/null
		is "$idle: reading its files does not wake it" "$(states "$card")" "$held"
		writes 0 1 "$CLASS/$card/handoff"
		keep_using "$card"
		is "$idle: handed off and in use" "$(states "$card")" "D0 0 active"
		stop_using
		writes 0 1 "$CLASS/$card/reclaim"
		is "$idle: reclaimed" "$(states "$card")" "$held"
		unbind "$card"
		is "$idle: released" "$(states "$card" | cut -d ' ' -f 1,2)" "D0 0"
		is "$idle: power/control is as before" "$(cat "$PCI/$card/power/control")" on
		matches "$idle: and decodes memory" "$(decodes "$card")" mem
		bind_to "$card" vga-stub
		is "$idle: claimed again" "$(states "$card")" "$held"
	done
	unloads
done
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
