# SPDX-License-Identifier: GPL-2.0
# Under Xen, an HVM guest with the card as its primary graphics shows on the card, and leaves
# the host's screen and card alone: by default, since its guest never asks the arbiter, and
# with "owned". With "none", which is for guests without gfx_passthru, the same guest draws on
# the host's screen.
# area: clients
# topology: xen
# sanitizers: no
# once: yes
# timeout: 400
. /tests/lib.sh

open_dom0
cp /roms/greeting.img $ROOT/run
cat >$ROOT/run/guest.cfg <<END
name = "guest"
type = "hvm"
firmware = "seabios"
memory = 128
vga = "none"
gfx_passthru = "igd"
vnc = 0
serial = "file:/run/guest.serial"
device_model_args_hvm = ["-drive", "file=/run/guest.img,format=raw,if=ide"]
pci = ["$HELD"]
END

# boot WHAT: the guest, until it says on its serial port that it is done. Its text, of the same length as the
# file's, is no other guest's: what one has left on the card's screen stays there.
boot()
{
	in_root /usr/bin/sed "s/a virtual machine\./$(printf '%-18s' "$1 guest")/" /run/greeting.img >$ROOT/run/guest.img
	: >$ROOT/run/guest.serial
	create_domain
	t_tries=120
	until grep -q '!' $ROOT/run/guest.serial || [ $t_tries = 0 ]; do
		t_tries=$((t_tries - 1))
		sleep 1
	done
	is "$1: the guest boots" "$(cat $ROOT/run/guest.serial)" '!'
}

ends()
{
	destroy_domain "$1: "
	writes 0 1 "$CLASS/$HELD/reclaim"
	eventually "$1: the host's card has the ranges" owns "$HOST"
}

# The cursor blinks.
printf '\033[?25l' >/dev/tty0
loads ids=1234:1111 handoff=pciback
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
command=$(config "$HOST" 4 2)
for choice in arbitrated owned; do
	writes 0 $choice "$CLASS/$HELD/legacy"
	writes 0 1 "$CLASS/$HELD/handoff"
	is "$choice: pciback has it" "$(driver_of "$HELD")" pciback
	succeeds "$choice: and the ranges are the card's" owns "$HELD"
	ask picture "xen-host-before-$choice" host >/run/before
	boot $choice
	matches "$choice: its text is on the card's screen" "$(ask picture "xen-guest-$choice" held)" \
		"^This is the screen of $choice guest\$"
	matches "$choice: the host's screen is as before" "$(ask picture "xen-host-$choice" host)" "^changed: 0$"
	is "$choice: the host's card is as before" "$(config "$HOST" 4 2)" "$command"
	ends $choice
done

writes 0 none "$CLASS/$HELD/legacy"
writes 0 1 "$CLASS/$HELD/handoff"
succeeds "none: the ranges stay with the host's card" owns "$HOST"
ask picture xen-host-before-none host >/run/before
boot none
matches "none: this guest draws on the host's screen" "$(ask picture xen-host-none host)" \
	"^This is the screen of none guest\$"
ends none

printf '\033[?25h' >/dev/tty0
unloads
close_dom0
done_testing
