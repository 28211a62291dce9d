# SPDX-License-Identifier: GPL-2.0
#
# Two virtual machines side by side, each with one of two equal cards. The harness takes pictures
# of both screens.
# timeout: 400
. /tests/story.sh

# start BDF WORDS: a machine that says so on its screen, in the background
start()
{
	: >"/run/$1.serial"
	chroot $LAB sed "s/a virtual machine\./$2/" /run/greeting.img >"/run/$1.img"
	echo "     \$ $MACHINE -device vfio-pci,host=$1,x-vga=on ..."
	# shellcheck disable=SC2086  # words
	chroot $LAB $MACHINE -device "vfio-pci,host=$1,x-vga=on" -drive "file=/run/$1.img,format=raw,if=ide" \
		-serial "file:/run/$1.serial" >"/run/$1.out" 2>&1 &
}

# shows NAME CARD WORDS: whether these are on the card's screen
shows()
{
	if ask picture "$1" "$2" | grep -q "^This is the screen of $3\$"; then
		echo yes
	else
		echo no
	fi
}

# The cursor blinks.
printf '\033[?25l' >/dev/tty0
open_lab
step "$HELD and $TWIN are equal: by their IDs nobody can tell them apart."
show "lspci -nn -s $HELD"
show "lspci -nn -s $TWIN"
show "insmod $MODULE devices=00:03.0/00.0,00:04.0/00.0"
check "cards that the arbiter counts" "$(arbiter_count)" 1

step "Each goes to a machine of its own, and both boot at the same time."
show "echo 1 > $CLASS/$HELD/handoff"
show "echo 1 > $CLASS/$TWIN/handoff"
ask picture two-host-before host >/run/before
start "$HELD" "the first machine."
first=$!
start "$TWIN" "machine number two"
second=$!
tries=1000
until [ -s "/run/$HELD.serial" ] && [ -s "/run/$TWIN.serial" ] || [ $tries = 0 ]; do
	tries=$((tries - 1))
	usleep 200000
done
check "both have booted" "$(cat "/run/$HELD.serial" "/run/$TWIN.serial")" '!!'
check "the first one's text is on its card's screen" "$(shows first held "the first machine\.")" yes
check "the second one's is on the other's" "$(shows second twin "machine number two")" yes
check "pixels of the host's screen that have changed" "$(ask picture two-host host | sed -n 's/^changed: //p')" 0

step "The first is killed, and its card taken back. The second goes on."
kill -9 $first
wait $first 2>/dev/null
show "echo 1 > $CLASS/$HELD/reclaim"
check "state" "$(class "$HELD" state)" held
check "the second runs" "$(kill -0 $second && echo yes)" yes
check "its text is still on its screen" "$(shows second twin "machine number two")" yes
kill $second
wait $second 2>/dev/null
show "echo 1 > $CLASS/$TWIN/reclaim"
check "cards that the arbiter counts" "$(arbiter_count)" 1
unload
printf '\033[?25h' >/dev/tty0
close_lab
end_story
