# SPDX-License-Identifier: GPL-2.0
# Cards without a ROM BAR, whose ROMs the firmware has in ACPI: by the method _ROM, or in
# the table VFCT. What a good one gives is captured byte for byte; a method that is wrong, or
# never comes to an end, is named in the log, and the card is claimed all the same.
# area: rom
# topology: acpi
# timeout: 200
. /tests/lib.sh

# what FUNCTION: of a card on the root bus, source and status of its ROM
what()
{
	echo "$(class "0000:00:$1" rom_source) $(class "0000:00:$1" rom_status)"
}

# says FUNCTION TEXT: whether the log has that line of a card, once
says()
{
	is "$1: the log says so" "$(echo "$log" | grep -c "vga-stub 0000:00:$1: option ROM$2\$")" 1
}

log_mark
loads ids=1234:1111
log=$(logged)
is "all are claimed" "$(claimed | wc -w)" 16
is "all are held" "$(cat $CLASS/*/state | sort | uniq -c | xargs)" "16 held"

is "_ROM gives the boot card's image" "$(what 02.0)" "acpi-rom ok"
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "what the kernel shows stays as it is" "$(sed -n 7p "$PCI/$HELD/resource" | cut -d ' ' -f 1)" \
	0x00000000000c0000
is "one that gives all at once" "$(what 03.7) $(stat -c %s $CLASS/0000:00:03.7/rom)" "acpi-rom ok 6144"
succeeds "starts with the same" sh -c "head -c 4096 $CLASS/0000:00:03.7/rom | cmp - $CLASS/0000:00:03.4/rom"

is "one that ends too early" "$(what 03.0) $(stat -c %s $CLASS/0000:00:03.0/rom)" "acpi-rom truncated 4196"
is "one that gives no bytes" "$(what 03.1)" "none none"
says 03.1 " not read from source acpi-rom: _ROM gives no bytes"
is "one that gives a package" "$(what 03.2)" "none none"
says 03.2 " not read from source acpi-rom: _ROM gives something else than bytes"
is "one that fails" "$(what 03.3)" "none none"
says 03.3 " not read from source acpi-rom: _ROM ends with AE_NOT_FOUND"
is "one that fails later" "$(what 03.4) $(stat -c %s $CLASS/0000:00:03.4/rom)" "acpi-rom truncated 4096"
says 03.4 ": _ROM at 4096 of 6144: AE_AML_DIVIDE_BY_ZERO"
is "one whose image has no end" "$(what 03.5)" "none none"
says 03.5 " not read from source acpi-rom: _ROM gives 4 MiB and no end"
is "one that does not come back" "$(what 03.6)" "none none"
says 03.6 " not read from source acpi-rom: _ROM ends with AE_AML_LOOP_TIMEOUT"
is "one that returns nothing" "$(what 04.0)" "none bad-signature"

is "VFCT has an image for the card" "$(what 04.1)" "acpi-vfct ok"
succeeds "byte for byte" cmp $CLASS/0000:00:04.1/rom /roms/legacy-efi.rom
is "one with another bus number" "$(what 04.2)" "acpi-vfct bad-checksum"
succeeds "byte for byte" cmp $CLASS/0000:00:04.2/rom /roms/bad-checksum.rom
is "VFCT goes before a method that has another card's" "$(what 04.3)" "acpi-vfct ok"
unloads

loads ids=1234:1111 "rom=no,$HELD"
is "with rom= no other method is called" "$(cat $CLASS/*/rom_source | sort | uniq -c | xargs)" \
	"1 acpi-rom 15 none"
unloads
done_testing
