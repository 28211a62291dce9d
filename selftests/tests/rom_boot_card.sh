# SPDX-License-Identifier: GPL-2.0
# The ROM of the card that the firmware booted with, for which the kernel shows the
# shadow that POST has modified: what is captured is the card's own, byte for byte,
# and the kernel and vfio-pci show it too from then on, also without the module.
# area: rom
# topology: igd uefi bootport uefiport
. /tests/lib.sh

# read_rom: what the PCI device's own rom file gives, with memory decode on
read_rom()
{
	command=$(setpci -s "$HELD" COMMAND)
	setpci -s "$HELD" COMMAND=2:2
	echo 1 >"$PCI/$HELD/rom"
	cat "$PCI/$HELD/rom" >/run/rom
	echo 0 >"$PCI/$HELD/rom"
	# The kernel leaves the address in the BAR.
	setpci -s "$HELD" COMMAND="$command" 30.L="$register"
}

register=$(setpci -s "$HELD" 30.L)
loads ids=1234:1111
is "the source is the card itself" "$(class "$HELD" rom_source)" bar
is "the status is ok" "$(class "$HELD" rom_status)" ok
succeeds "it is the card's ROM file" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "the ROM BAR's register is as before" "$(setpci -s "$HELD" 30.L)" "$register"

writes 0 1 "$CLASS/$HELD/handoff"
use "$HELD" -r /run/rom >/run/client
size=$(stat -c %s "$HELD_ROM")
succeeds "vfio-pci gives the same" sh -c "head -c $size /run/rom | cmp - $HELD_ROM"
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

read_rom
succeeds "the PCI device's rom file gives it without the module" \
	sh -c "head -c $size /run/rom | cmp - $HELD_ROM"
loads ids=1234:1111
is "claimed again, the source is the card" "$(class "$HELD" rom_source)" bar
succeeds "and it is the same" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
unloads
done_testing
