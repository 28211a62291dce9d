# SPDX-License-Identifier: GPL-2.0
# After the reboot the card that was set up is held and its twin is not; undo takes it back.
# topology: early
# timeout: 1200
. /tests/lib.sh
. /tests/machine

is "the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "nothing else is" "$(claimed)" "$HELD"
is "its twin has the host's driver" "$(driver_of "$TWIN")" bochs-drm
mount_machine
said=$(machine vga-stub undo --apply)
is "it is taken back: 0" "$?" 0
echo "$said" | sed "s/^/# /"
said=$(machine vga-stub undo --apply)
is "once more: 0" "$? $said" "0 Nothing to do: nothing is set up."
succeeds "the machine's files are written" umount_machine
done_testing
