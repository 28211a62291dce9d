# SPDX-License-Identifier: GPL-2.0
# On a machine that has the packages and no card named: setup is refused without root and where the host
# would have no display, shows a plan, and with --apply writes the options and the initramfs. A second one changes
# nothing, and a killed one is taken back by undo.
# topology: early
# timeout: 1200
. /tests/lib.sh
. /tests/machine

conf=etc/modprobe.d/vga-stub-cards.conf
record=var/lib/vga-stub/setup.json

is "nothing is held" "$(claimed)" ""
is "the host's driver has the card" "$(driver_of "$HELD")" bochs-drm
mount_machine
said=$(machine /usr/bin/setpriv --reuid=$NOBODY --regid=$NOBODY --clear-groups vga-stub setup "$HELD" --apply)
is "without root: 2" "$?" 2
matches "it says what it takes" "$said" "needs root: sudo vga-stub setup $HELD --apply"
said=$(machine vga-stub setup "$HELD" "$TWIN" "$HOST" --apply)
is "every display: 1" "$?" 1
matches "it says why" "$said" "\[only-display\]"
said=$(machine vga-stub setup "$HELD")
is "the plan: 0" "$?" 0
matches "it has the image" "$said" "update-initramfs -u -k $(uname -r | sed 's/[+]/./')"
fails "nothing has been written" test -e $MACHINE/$conf
fails "and nothing recorded" test -e $MACHINE/$record

# Killed while the image is being made, which goes on; then taken back.
machine vga-stub setup "$HELD" --apply >/run/killed &
until pidof mkinitramfs >/run/pids; do usleep 100000; done
kill -KILL "$(pidof vga-stub)"
wait $!
matches "killed: it is not called done" "$(cat $MACHINE/$record)" '"pending": true'
said=$(machine vga-stub undo --apply)
is "while the image is being made, undo is refused" "$? $(echo "$said" | grep -c 'or what it has run')" "1 1"
while pidof mkinitramfs >/run/pids; do sleep 1; done
said=$(machine vga-stub undo --apply)
is "afterwards it takes all of it back: 0" "$?" 0
fails "nothing is left of it" test -e $MACHINE/$conf -o -e $MACHINE/$record

said=$(machine vga-stub setup "$HELD" --apply)
is "it is done: 0" "$?" 0
echo "$said" | sed "s/^/# /"
is "the options are written" "$(grep ^options $MACHINE/$conf)" "options vga_stub devices=00:03.0/00.0=1234:1111"
is "no softdep line is needed beside the packages' hook" "$(grep -c ^softdep $MACHINE/$conf)" 0
said=$(machine vga-stub setup "$HELD" --apply)
is "once more: 0" "$? $said" "0 Nothing to do: it is set up so."
succeeds "the machine's files are written" umount_machine
done_testing
