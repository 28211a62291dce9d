# SPDX-License-Identifier: GPL-2.0
# A virtual machine that is given the boot card, with no ROM file, shows its boot text on
# the card's screen if vga-stub held the card before, and nothing if vfio-pci alone has
# taken it. The machine is a QEMU in this guest's QEMU, from the lab's root; what it boots
# is firmware/greeting.S.
# area: rom
# topology: shown shownuefi
# once: yes
# timeout: 400
# sanitizers: no
. /tests/lib.sh

open_lab
before=$(ask picture before held)
succeeds "vfio-pci takes the card from the firmware" bind_to "$HELD" vfio-pci
[ "$TOPOLOGY" = shown ] || leave_framebuffer "$HELD"
boot_machine "$HELD"
is "without vga-stub, the machine starts, and finds no ROM" "$(cat /run/machine.serial)" '!'
without=$(ask picture without held)
stop_machine
sed 's/^/# /' /run/machine.out
lacks "its boot text is not on the screen" "$without" "$GREETING"
[ "$TOPOLOGY" != shown ] ||
	is "what was on it before still is" "$(echo "$without" | tail -n +2)" "$(echo "$before" | tail -n +2)"
echo "# without: $(vga_writes) VGA writes, $machine_took s, $(echo "$without" | head -n 1)"
succeeds "no ROM was run" [ "$(vga_writes)" -lt 10 ]
unbind "$HELD"

loads ids="$(ids_of "$HELD")"
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine "$HELD"
is "with vga-stub, the machine starts" "$(cat /run/machine.serial)" '!'
with=$(ask picture with held)
stop_machine
sed 's/^/# /' /run/machine.out
matches "its boot text is on the screen" "$with" "$GREETING"
echo "# with: $(vga_writes) VGA writes, $machine_took s, $(echo "$with" | head -n 1)"
succeeds "the card's ROM was run" [ "$(vga_writes)" -gt 10000 ]
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

close_lab
done_testing
