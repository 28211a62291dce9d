# SPDX-License-Identifier: GPL-2.0
# The command gets ROMs out of ACPI: a card is named in place of a file. What it prints for a guest
# says how the guest gets such a ROM, which its card cannot show.
# area: command
# topology: acpi
# sanitizers: no
# timeout: 200
. /tests/lib.sh

log_mark
vga-stub rom --vfct 00:04.1 --extract /run/vfct.rom >/run/out
is "VFCT has a ROM for a card that nobody holds" $? 0
succeeds "byte for byte" cmp /run/vfct.rom /roms/legacy-efi.rom
vga-stub rom --vfct 00:02 >/run/out 2>&1
is "and none for another" "$? $(grep -c 'has no image for this card: 00:02.0' /run/out)" "2 1"
vga-stub rom 00:02 >/run/out 2>&1
is "the module has not had it yet" "$? $(grep -c 'vga-stub hold 00:02.0' /run/out)" "2 1"

loads devices=00:02.0
vga-stub rom 00:02 --extract /run/acpi.rom >/run/out
is "now it has its ROM" $? 0
succeeds "byte for byte" cmp /run/acpi.rom "$HELD_ROM"
vga-stub xml 00:02 >/run/card.xml 2>/dev/null
matches "the guest gets it as a file" "$(cat /run/card.xml)" \
	"<rom file='/usr/share/vgabios/$HELD.rom'/>"
copy=$(sed -n 's/^ *\(install .*\)/\1/p' /run/card.xml)
succeeds "that a command writes" sh -c "$copy"
succeeds "byte for byte" cmp "/usr/share/vgabios/$HELD.rom" "$HELD_ROM"
matches "QEMU gets it, too" "$(vga-stub qemu 00:02 2>/dev/null)" \
	",romfile=/usr/share/vgabios/$HELD.rom"
unloads
rm -r /usr/share/vgabios
done_testing
