# SPDX-License-Identifier: GPL-2.0
# Parameters as they should be: read back as given, and each field of an entry of
# ids= narrows what is claimed.
# area: choose
# topology: plugin
. /tests/lib.sh

parameter()
{
	cat "/sys/module/vga_stub/parameters/$1"
}

loads
is "no ids= by default" "$(parameter ids)" ""
is "handoff= is vfio-pci by default" "$(parameter handoff)" vfio-pci
is "nothing is claimed" "$(ls $CLASS)" ""
unloads

loads ids=8086:ffff,1234:1111 handoff=pci-stub
is "ids reads as given" "$(parameter ids)" 8086:ffff,1234:1111
is "handoff reads as given" "$(parameter handoff)" pci-stub
is "parameters are for reading" \
	"$(stat -c %a /sys/module/vga_stub/parameters/ids /sys/module/vga_stub/parameters/handoff | xargs)" \
	"444 444"
is "an entry in second place claims" "$(driver_of "$HELD")" vga-stub
unloads

# QEMU's cards have the subsystem ID 1af4:1100.
for ids in \
	1234:ffffffff \
	1234:1111:1af4 \
	1234:1111:1af4:1100 \
	1234:1111:1af4:1100:030000 \
	1234:1111:1af4:1100:030080:ffff00 \
	ffffffff:1111:ffffffff:ffffffff:030000:ffffff \
	0x1234:0x1111 \
	" 1234:1111 ," \
	"8086:ffff 1234:1111"; do
	loads "ids=$ids"
	is "ids=$ids claims the card" "$(driver_of "$HELD")" vga-stub
	unloads
done
for ids in \
	1234:1112 \
	1234:1111:1af5 \
	1234:1111:1af4:1101 \
	1234:1111:1af4:1100:038000 \
	1234:1111:1af4:1100:030080:ffffff; do
	loads "ids=$ids"
	is "ids=$ids does not" "$(driver_of "$HELD")" none
	unloads
done
done_testing
