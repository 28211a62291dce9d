# SPDX-License-Identifier: GPL-2.0
# Two virtual machines at once, each with a card of its own: one with x-vga on an arbitrated
# card, whose text is on its screen, and one that uses no legacy VGA, with "none". The arbiter
# counts the first one's card and not the second's. The first is killed and its card taken
# back while the second goes on: then the arbiter counts as if both were held.
# area: arbiter
# topology: clients
# once: yes
# timeout: 600
# sanitizers: no
. /tests/lib.sh

# The cursor blinks.
printf '\033[?25l' >/dev/tty0
open_lab
loads devices=00:03.0/00.0,00:04.0/00.0
eventually "the host's card has the ranges" owns "$HOST"
held=$(arbiter_count)
command=$(config "$HOST" 4 2)
writes 0 none "$CLASS/$HELD/legacy"
for bdf in "$HELD" "$TWIN"; do writes 0 1 "$CLASS/$bdf/handoff"; done
ask picture two-held-before held >/run/before
ask picture two-host-before host >/run/before

# The one without legacy VGA. Its firmware has no screen, and its boot sector says that it is done.
cp /run/greeting.img /run/other.img
: >/run/other.serial
# shellcheck disable=SC2086  # words
chroot $LAB $MACHINE -device "vfio-pci,host=$HELD" -drive file=/run/other.img,format=raw,if=ide \
	-serial file:/run/other.serial >/run/other.out 2>&1 &
other=$!
boot_machine "$TWIN"
is "the first starts" "$(cat /run/machine.serial)" '!'
matches "its text is on its card's screen" "$(ask picture two-twin twin)" "$GREETING"
t_tries=120
until grep -q '!' /run/other.serial || [ $t_tries = 0 ]; do
	t_tries=$((t_tries - 1))
	sleep 1
done
is "the second starts" "$(cat /run/other.serial)" '!'
succeeds "and runs" kill -0 $other
matches "nothing was drawn on its card" "$(ask picture two-held held)" "^changed: 0$"
matches "nor on the host's" "$(ask picture two-host host)" "^changed: 0$"
is "the arbiter counts the first one's card only" "$(arbiter_count) $(arbiter_part "$HELD")" \
	"$((held + 1)) decodes=none locks=none(0:0)"
is "the host's card is as before" "$(config "$HOST" 4 2)" "$command"

stop_machine
sed 's/^/# /' /run/machine.out
writes 0 1 "$CLASS/$TWIN/reclaim" "the first one's card comes back"
succeeds "the second goes on" kill -0 $other
is "the arbiter counts as if both were held" "$(arbiter_count)" "$held"
writes EBUSY 1 "$CLASS/$HELD/reclaim" "the second's card is in use"
kill $other
wait $other
sed 's/^/# /' /run/other.out
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
printf '\033[?25h' >/dev/tty0
close_lab
done_testing
