# SPDX-License-Identifier: GPL-2.0
# A card's own ROM that is wrong does not go before a better image from ACPI, and one from ACPI
# that is worse does not go before the card's own.
# area: rom
# topology: acpi
. /tests/lib.sh

what()
{
	echo "$(class "0000:00:$1" rom_source) $(class "0000:00:$1" rom_status)"
}

loads ids=1234:1111
is "without PCIR behind the BAR: the table's" "$(what 04.4)" "acpi-vfct ok"
succeeds "byte for byte" cmp $CLASS/0000:00:04.4/rom /roms/legacy-efi.rom
is "a wrong checksum goes before another card's image" "$(what 04.5)" "bar bad-checksum"
succeeds "byte for byte" cmp $CLASS/0000:00:04.5/rom /roms/bad-checksum.rom
is "one that ends early for the kernel goes before a wrong checksum" "$(what 04.6)" "bar truncated"
succeeds "byte for byte" cmp $CLASS/0000:00:04.6/rom /roms/gap.rom
unloads
done_testing
