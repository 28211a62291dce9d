# SPDX-License-Identifier: GPL-2.0
# Two virtual machines at once, both with x-vga on twin cards that devices= tells apart, show
# their text, each on its own card, and are not slower than with vfio-pci alone: in one run, at
# most three times as long, which is for the noise of a busy machine. One is killed and its card
# taken back while the other goes on.
# area: arbiter
# topology: clients
# once: yes
# timeout: 500
# sanitizers: no
. /tests/lib.sh

# start BDF WORDS: a machine that says on its screen that it is WORDS', in the background
start()
{
	: >"/run/$1.serial"
	chroot $LAB sed "s/a virtual machine\./$2/" /run/greeting.img >"/run/$1.img"
	# shellcheck disable=SC2086  # words
	chroot $LAB $MACHINE -device "vfio-pci,host=$1,x-vga=on" -drive "file=/run/$1.img,format=raw,if=ide" \
		-serial "file:/run/$1.serial" >"/run/$1.out" 2>&1 &
}

# now: hundredths of a second
now()
{
	cut -d ' ' -f 1 /proc/uptime | tr -d .
}

# both WHEN WORDS WORDS: starts both; how long they take until both have booted is in $took
both()
{
	since=$(now)
	start "$HELD" "$2"
	first=$!
	start "$TWIN" "$3"
	second=$!
	t_tries=$((400 * ${SLOW:-1}))
	until [ -s "/run/$HELD.serial" ] && [ -s "/run/$TWIN.serial" ] || [ $t_tries = 0 ]; do
		t_tries=$((t_tries - 1))
		usleep 200000
	done
	took=$(($(now) - since))
	is "$1: both have booted" "$(cat "/run/$HELD.serial" "/run/$TWIN.serial")" '!!'
}

# The cursor blinks.
printf '\033[?25l' >/dev/tty0
open_lab
for bdf in "$HELD" "$TWIN"; do succeeds "vfio-pci takes $bdf" bind_to "$bdf" vfio-pci; done
both "vfio-pci alone" "a virtual machine." "a virtual machine."
alone=$took
kill $first $second
wait $first $second
for bdf in "$HELD" "$TWIN"; do unbind "$bdf"; done

loads devices=00:03.0/00.0,00:04.0/00.0
eventually "the host's card has the ranges" owns "$HOST"
held=$(arbiter_count)
command=$(config "$HOST" 4 2)
for bdf in "$HELD" "$TWIN"; do writes 0 1 "$CLASS/$bdf/handoff"; done
for card in held twin host; do ask picture "pace-before-$card" $card >/run/before; done
# What the ones before have left on the screens says something else; all of it is of one length.
both "vga-stub" "the first machine." "the other machine."
echo "# together: $((alone / 100)) s with vfio-pci alone, $((took / 100)) s with vga-stub: $((took * 100 / alone)) %"
succeeds "with vga-stub it takes at most three times as long" [ "$took" -le $((alone * 3)) ]
matches "one has its text on its card" "$(ask picture pace-held held)" '^This is the screen of the first machine\.$'
matches "the other, too" "$(ask picture pace-twin twin)" '^This is the screen of the other machine\.$'
matches "and the host's screen is as before" "$(ask picture pace-host host)" "^changed: 0$"
is "so is its card" "$(config "$HOST" 4 2)" "$command"

kill -9 $first
wait $first
writes 0 1 "$CLASS/$HELD/reclaim" "one is killed: its card comes back"
is "and is held" "$(condition "$HELD")" "held D0 none decodes=none locks=none(0:0)"
succeeds "the other goes on" kill -0 $second
is "its card is counted" "$(arbiter_count)" $((held + 1))
matches "its text is still on its card" "$(ask picture pace-twin-later twin)" \
	'^This is the screen of the other machine\.$'
# A machine can be started again beside it.
writes 0 1 "$CLASS/$HELD/handoff"
writes 0 1 "$CLASS/$HELD/reclaim"
kill $second
wait $second
writes 0 1 "$CLASS/$TWIN/reclaim"
is "the arbiter counts as if both were held" "$(arbiter_count)" "$held"
unloads
printf '\033[?25h' >/dev/tty0
close_lab
done_testing
