# SPDX-License-Identifier: GPL-2.0
# The machine sleeps (ACPI S3), or hibernates (S4), which resets every card, and wakes: held
# cards are silent again, with the same ROM, and handed off ones can be used and come back.
# Where it hibernates, the kernel that brings the old one back holds the cards the first
# time, as from an initramfs with the module, and leaves them alone the second.
# area: power
# topology: sleep hibernation
. /tests/lib.sh

cards=devices=00:02.0,00:03.0/00.0,00:04.0/00.0

# goes_to_sleep COMMAND: what a kernel that resumes another does first
goes_to_sleep()
{
	if [ "$TOPOLOGY" = hibernation ]; then
		hibernate "$1"
		return
	fi
	# Woken by the clock, so late that the machine is surely asleep.
	echo deep >/sys/power/mem_sleep
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +$((6 * ${SLOW:-1})) >/sys/class/rtc/rtc0/wakealarm
	wr /sys/power/state mem
}

# slept TIMES: whether it was what it should be, and not a failure that looks like nothing
slept()
{
	if [ "$TOPOLOGY" = hibernation ]; then
		is "the machine was off" "$(ask power-cycles)" "$1"
	else
		matches "the machine was asleep" "$(logged)" "Waking up from system sleep state S3"
	fi
}

look()
{
	for card in $HELD $SECOND $PLAIN; do
		fall_asleep "$card"
		echo "$card $(condition "$card")"
		intx_disabled "$card" || echo "INTx is on"
		md5sum "$CLASS/$card/rom"
	done
}

unbind "$SECOND"
loads $cards
is "all are held" "$(claimed)" "$HELD $SECOND $PLAIN"
is "one that can sleep, sleeps" "$(cat "$PCI/$SECOND/power_state")" D3hot
before=$(look)
cfgsnap save /run/held
log_mark
is "the machine sleeps with them" "$(goes_to_sleep "insmod $MODULE $cards")" 0
slept 1
is "held: all is as before" "$(look)" "$before"
is "held: configuration space, too" "$(for card in $HELD $SECOND $PLAIN; do cfgsnap diff /run/held "$card"; done)" ""

for card in $HELD $SECOND $PLAIN; do
	writes 0 1 "$CLASS/$card/handoff"
done
log_mark
is "the machine sleeps, they are handed off" "$(goes_to_sleep :)" 0
slept 2
for card in $HELD $SECOND $PLAIN; do
	is "$card is still" "$(class "$card" state)" handed-off
	matches "$card can be used" "$(use "$card")" '^ready$'
	writes 0 1 "$CLASS/$card/reclaim"
done
is "reclaimed: all is as before" "$(look)" "$before"
is "configuration space, too" "$(for card in $HELD $SECOND $PLAIN; do cfgsnap diff /run/held "$card"; done)" ""
unloads
echo "$SECOND" >/sys/bus/pci/drivers/virtio-pci/bind
done_testing
