# SPDX-License-Identifier: GPL-2.0
# A card that loses its configuration on the way from D3hot to D0, as one without No_Soft_Reset
# does, gets it back, whatever wakes it: each way to reset it, hand-off, release, a suspend. QEMU's
# cards lose nothing there, so the test takes it from them while they sleep, beyond what the kernel puts
# back by itself (BARs).
# area: faults
# topology: power
# timeout: 240
. /tests/lib.sh

REGISTERS="COMMAND CACHE_LINE_SIZE INTERRUPT_LINE CAP_EXP+8.W CAP_EXP+28.W ECAP_AER+8.L ECAP_AER+c.L BASE_ADDRESS_1 BASE_ADDRESS_4"

registers()
{
	# shellcheck disable=SC2086  # words
	setpci -s "$1" $REGISTERS | xargs
}

loses()
{
	# The kernel wakes a card when reset_method is written.
	[ $state = D0 ] || fall_asleep "$1"
	is "$2: $1 sleeps, or not" "$(cat "$PCI/$1/power_state")" "$state"
	# shellcheck disable=SC2046,SC2086  # words
	setpci -s "$1" $(echo "$REGISTERS " | sed 's/ /=0 /g')
	isnt "$2: $1 has lost its configuration" "$(registers "$1")" "$3"
}

unbind "$HELD"
unbind "$SECOND"
# What nobody has by itself.
for card in $HELD $SECOND; do
	setpci -s "$card" CACHE_LINE_SIZE=10 CAP_EXP+8.W=5000:7000 ECAP_AER+8.L=00100000:00100000
done
loads devices=00:03.0/00.0,00:04.0/00.0
state=D3hot
for card in $HELD $SECOND; do
	held=$(registers "$card")
	# shellcheck disable=SC2013  # words
	for way in $(cat "$PCI/$card/reset_method"); do
		loses "$card" "$way" "$held"
		echo "$way" >"$PCI/$card/reset_method"
		is "$way: $card is reset" "$(wr "$PCI/$card/reset" 1)" 0
		fall_asleep "$card"
		is "$way: its configuration is as before" "$(registers "$card")" "$held"
	done
	echo default >"$PCI/$card/reset_method"

	loses "$card" port "$held"
	is "port: $card is reset" "$(wr "$(readlink -f "$PCI/$card/..")/reset_subordinate" 1)" 0
	fall_asleep "$card"
	is "port: its configuration is as before" "$(registers "$card")" "$held"

	if [ -w /sys/power/pm_test ]; then
		loses "$card" suspend "$held"
		close_answers
		echo devices >/sys/power/pm_test
		echo 1 >/sys/module/suspend/parameters/pm_test_delay
		is "suspend: the machine sleeps" "$(wr /sys/power/state mem)" 0
		echo none >/sys/power/pm_test
		open_answers
		fall_asleep "$card"
		is "suspend: its configuration is as before" "$(registers "$card")" "$held"
	fi

	loses "$card" "hand-off" "$held"
	writes 0 1 "$CLASS/$card/handoff"
	matches "hand-off: $card can be used" "$(use "$card")" '^ready$'
	writes 0 1 "$CLASS/$card/reclaim"
	is "hand-off: its configuration is as before" "$(registers "$card")" "$held"

	loses "$card" release "$held"
	unbind "$card"
	is "release: all but COMMAND is as before" "$(registers "$card" | cut -d ' ' -f 2-)" "${held#* }"
	matches "release: it decodes memory" "$(decodes "$card")" mem
done
unloads

# In a reset that nobody told the kernel of.
loads devices=00:03.0/00.0,00:04.0/00.0 disable_idle_d3=1
state=D0
for card in $HELD $SECOND; do
	held=$(registers "$card")
	loses "$card" "awake" "$held"
	writes 0 1 "$CLASS/$card/handoff"
	matches "awake: $card can be used" "$(use "$card")" '^ready$'
	writes 0 1 "$CLASS/$card/reclaim"
	is "awake: its configuration is as before" "$(registers "$card")" "$held"
done
unloads
for card in $HELD $SECOND; do
	setpci -s "$card" CACHE_LINE_SIZE=0 CAP_EXP+8.W=2000:7000 ECAP_AER+8.L=0:00100000
	echo "$card" >/sys/bus/pci/drivers/virtio-pci/bind
done
done_testing
