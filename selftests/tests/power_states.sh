# SPDX-License-Identifier: GPL-2.0
# A held card sleeps in D3hot, whatever its runtime power management is told, and never
# with disable_idle_d3. Hand-off and release wake it; the user of a handed off card has it in D0.
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
	held="D3hot 3 active"
	[ $idle = 0 ] || held="D0 0 active"
	for card in $HELD $SECOND; do
		is "$idle: held" "$(states "$card")" "$held"
		for control in auto on; do
			echo $control >"$PCI/$card/power/control"
			sleep 1
			is "$idle: control is $control, it stays" "$(states "$card" | cut -d ' ' -f 1,2)" "${held% *}"
			is "$idle: and silent" "$(decodes "$card")" none
		done
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
		matches "$idle: and decodes memory" "$(decodes "$card")" mem
		bind_to "$card" vga-stub
		is "$idle: claimed again" "$(states "$card")" "$held"
	done
	unloads
done
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
