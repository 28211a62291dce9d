# SPDX-License-Identifier: GPL-2.0
# A virtual machine gets the card by vfio's file of its own and an iommufd, as QEMU and libvirt do it
# on other distributions: it runs the card's ROM, and while it runs the card is not taken back.
# area: clients
# topology: shown
# timeout: 700
# sanitizers: only
. /tests/lib.sh

open_lab
modprobe iommufd
loads ids="$(ids_of "$HELD")"
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine "$HELD" "" iommufd
is "the machine starts" "$(cat /run/machine.serial)" '!'
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim"
matches "the log names the card, and the file" "$(logged)" \
	"$HELD: nothing moved: $HELD is in use: .* as $(ls "$PCI/$HELD/vfio-dev")$"
succeeds "the machine runs" kill -0 "$machine"
stop_machine
sed 's/^/# /' /run/machine.out
echo "# $(vga_writes) VGA writes, $machine_took s"
succeeds "the card's ROM was run" [ "$(vga_writes)" -gt 10000 ]
writes 0 1 "$CLASS/$HELD/reclaim"
is "the card is held" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
unloads
close_lab
done_testing
