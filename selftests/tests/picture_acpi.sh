# SPDX-License-Identifier: GPL-2.0
# A card without a ROM BAR: vfio-pci has no ROM for the guest, and the virtual machine
# shows nothing. With the captured ROM as romfile= its boot text is on the card's screen.
# area: rom
# topology: acpi
# once: yes
# timeout: 400
# sanitizers: no
. /tests/lib.sh

open_lab
loads devices=00:02.0
is "the ROM is in ACPI" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "acpi-rom ok"
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine "$HELD"
is "without romfile=, the machine starts" "$(cat /run/machine.serial)" '!'
without=$(ask picture without held)
stop_machine
sed 's/^/# /' /run/machine.out
matches "its screen can be seen" "$without" "^(changed: [0-9]+|the first picture)$"
lacks "its boot text is not on the screen" "$without" "$GREETING"
succeeds "no ROM was run" [ "$(vga_writes)" -lt 10 ]

boot_machine "$HELD" "$CLASS/$HELD/rom"
is "with romfile=, the machine starts" "$(cat /run/machine.serial)" '!'
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
