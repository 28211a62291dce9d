# SPDX-License-Identifier: GPL-2.0
# Where the firmware can switch a slot's power off, a held card keeps it, and one that vfio-pci has for no
# guest loses it (D3cold). The command says so, does not wake the card by looking, and takes it back.
# area: command
# topology: cold
# sanitizers: no
. /tests/lib.sh

short=${HELD#0000:}
short=${short%.?}

# said: what the doctor says of the card's power
said()
{
	vga-stub doctor --json "$short" | tr -d '\n' | grep -o '"id": "d3cold",[^}]*"summary": "[^"]*"' |
		sed -E 's/.*"level": "([a-z]*)".*"summary": "([^"]*)"/\1 \2/'
}

power()
{
	cat "$PCI/$HELD/power_state"
}

# Of this port the kernel does not allow it by itself.
port=$(readlink -f "$PCI/$HELD/..")
allowed=$(cat "$port/d3cold_allowed")
echo 1 >"$port/d3cold_allowed"
unbind "$HELD"
loads devices=00:03.0/00.0
for round in 1 2; do
	sleep 1
	is "$round: a held card keeps its power" "$(power) $(said)" "D3hot "
	vga-stub handoff "$short" >/run/out 2>&1
	is "$round: it is handed off" "$? $(driver_of "$HELD")" "0 vfio-pci"
	eventually "$round: it loses its power" grep -qx D3cold "$PCI/$HELD/power_state"
	is "$round: which is a warning" "$(said)" "warn ${HELD#0000:} is without power (D3cold)"
	matches "$round: and is seen in the list" "$(vga-stub list "$short" --json | tr -d '\n')" '"power": "D3cold"'
	vga-stub report >/run/report
	is "$round: nobody has woken it" "$(power)" D3cold
	is "$round: a report says the same" "$(vga-stub --root /run/report doctor "$short" | grep -c 'is without power (D3cold)')" 1
	vga-stub reclaim "$short" >/run/out 2>&1
	is "$round: it is taken back" "$? $(driver_of "$HELD")" "0 vga-stub"
done
sleep 1
is "it keeps its power again" "$(power) $(said)" "D3hot "
unloads
echo "$allowed" >"$port/d3cold_allowed"
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
