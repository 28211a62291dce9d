# SPDX-License-Identifier: GPL-2.0
# A card that nothing reaches, since the port above it forwards neither configuration nor
# memory; all of it reads as ones. It is not claimed, not handed off and not taken back;
# each is an error at once, and nothing moves. When it answers again all that works.
# area: faults
# topology: plugin multifunction
. /tests/lib.sh

port=$(basename "$(dirname "$(realpath "$PCI/$HELD")")")
buses=$(setpci -s "$port" 18.L)
command=$(setpci -s "$port" 4.W)

dies()
{
	setpci -s "$port" 18.L=0
	setpci -s "$port" 4.W=0
	is "$1: the card reads as all ones" "$(config "$HELD" 0 4)" ffffffff
	log_mark
}

lives()
{
	setpci -s "$port" 18.L="$buses"
	setpci -s "$port" 4.W="$command"
	is "$1: the card answers again" "$(config "$HELD" 0 4)" 34121111
}

# says TEXT WHAT: one line of the log has it
says()
{
	is "$2: one line says why" "$(logged | grep -c "$1")" 1
}

# Each is to fail or to be done at once.
quick()
{
	is "$1: at once" "$(($(cut -d . -f 1 /proc/uptime) - since < 5 * ${SLOW:-1}))" 1
}
start()
{
	since=$(cut -d . -f 1 /proc/uptime)
}

# When vfio-pci suspends a card that does not answer, the PCI core saves ones and later writes
# them back. This keeps it from that.
modprobe vfio-pci disable_idle_d3=1
ids=1234:1111
[ -z "${AUDIO:-}" ] || ids=$ids,$(ids_of "$AUDIO"),$(ids_of "$USB")

# Before it is claimed.
dies "before the claim"
start
loads ids="$ids"
quick "before the claim"
is "before the claim: it has no driver" "$(driver_of "$HELD")" none
is "before the claim: and no directory" "$(claimed)" ""
matches "before the claim: the log says why" "$(logged)" "$HELD: not claimed: it does not answer"
lives "before the claim"
echo "$HELD" >/sys/bus/pci/drivers_probe
[ -z "${AUDIO:-}" ] || for other in $AUDIO $USB; do
	echo "$other" >/sys/bus/pci/drivers_probe
done
is "then it is claimed" "$(class "$HELD" state) $(class "$HELD" rom_status)" "held ok"
succeeds "with its ROM" cmp "$CLASS/$HELD/rom" "$HELD_ROM"

# Held.
cfgsnap save /run/held
dies held
start
writes ENODEV 1 "$CLASS/$HELD/handoff" "held: it cannot be handed off"
says "nothing moved: $HELD does not answer" held
writes 0 1 "$CLASS/$HELD/reclaim" "held: to take it back is nothing"
quick held
is "held: the driver has it still" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
succeeds "held: its ROM is what was captured" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
lives held
is "held: as it was" "$(cfgsnap diff /run/held)" ""

# Handed off.
writes 0 1 "$CLASS/$HELD/handoff"
dies "handed off"
start
writes ENODEV 1 "$CLASS/$HELD/reclaim" "handed off: it cannot be taken back"
quick "handed off"
says "$HELD: not claimed: it does not answer" "handed off"
is "handed off: it is not said to be held" "$(class "$HELD" state)" handed-off
is "handed off: it has the driver that it had" "$(driver_of "$HELD")" vfio-pci
[ -z "${AUDIO:-}" ] || is "handed off: as have those with it" "$(driver_of "$AUDIO") $(driver_of "$USB")" "vfio-pci vfio-pci"
lives "handed off"
writes 0 1 "$CLASS/$HELD/reclaim" "then it can"
is "and is held" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
writes 0 1 "$CLASS/$HELD/handoff" "and handed off"
matches "and used" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim" "and taken back"

# Released while it is away: by hand, and with the module.
dies released
start
unbind "$HELD"
quick released
is "released: nobody has it" "$(class "$HELD" state)" unbound
fails "released: nor is it claimed" bind_to "$HELD" vga-stub
lives released
succeeds "released: then it is" bind_to "$HELD" vga-stub
is "released: and silent" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
writes 0 1 "$CLASS/$HELD/handoff"
matches "released: handed off, it can be used" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
done_testing
