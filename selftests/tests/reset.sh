# SPDX-License-Identifier: GPL-2.0
# Each way to reset a card that the kernel knows, by itself and by its port, leaves a held
# card held, silent and asleep; a handed off card can be used after it, and comes back.
# area: power
# topology: power
. /tests/lib.sh

ways_of()
{
	cat "$PCI/$1/reset_method"
}

# port_of BDF: the root port in front of it
port_of()
{
	t_port=$(readlink -f "$PCI/$1/..")
	echo "${t_port##*/}"
}

# reset_by WAY BDF: one of the ways, or the port's own
reset_by()
{
	if [ "$1" = port ]; then
		wr "$PCI/$(port_of "$2")/reset_subordinate" 1
		return
	fi
	echo "$1" >"$PCI/$2/reset_method"
	wr "$PCI/$2/reset" 1
	echo default >"$PCI/$2/reset_method"
}

# What a reset must not change; the arbiter's word for VGA cards only.
look()
{
	[ $idle != 0 ] || fall_asleep "$1"
	condition "$1"
	intx_disabled "$1" || echo "INTx is on"
	[ ! -e "$CLASS/$1/rom" ] || md5sum "$CLASS/$1/rom"
}

# resets CARD WAYS
resets()
{
	is "$1 can be reset in these ways" "$(ways_of "$1")" "$2"
	before=$(look "$1")
	cfgsnap save /run/held
	for way in $2 port; do
		is "$1 is reset by $way" "$(reset_by "$way" "$1")" 0
		is "by $way, held: all is as before" "$(look "$1")" "$before"
		is "by $way, held: configuration space, too" "$(cfgsnap diff /run/held "$1")" ""
	done
	writes 0 1 "$CLASS/$1/handoff"
	for way in $2 port; do
		is "handed off, $1 is reset by $way" "$(reset_by "$way" "$1")" 0
		is "by $way, handed off: still" "$(class "$1" state)" handed-off
	done
	matches "$1 can be used" "$(use "$1")" '^ready$'
	writes 0 1 "$CLASS/$1/reclaim"
	is "reclaimed, $1 is as before" "$(look "$1")" "$before"
	is "its configuration space, too" "$(cfgsnap diff /run/held "$1")" ""
}

unbind "$HELD"
unbind "$SECOND"
for idle in 0 1; do
	loads devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0 disable_idle_d3=$idle
	is "all are held" "$(claimed)" "$HELD $SECOND $PLAIN"
	state=$([ $idle = 0 ] && echo D3hot || echo D0)
	is "those that can, sleep" "$(cat "$PCI/$HELD/power_state" "$PCI/$SECOND/power_state" | xargs)" "$state $state"
	resets "$SECOND" "flr pm bus"
	if [ $idle = 0 ]; then
		resets "$HELD" "flr bus"
		resets "$PLAIN" bus
	fi
	unloads
done
echo "$HELD" >/sys/bus/pci/drivers/virtio-pci/bind
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
