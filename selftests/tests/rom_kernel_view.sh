# SPDX-License-Identifier: GPL-2.0
# What vfio-pci shows of odd ROMs is what the kernel finds of them, and FF after that: less than "rom"
# where an image is behind a gap, or is of NVIDIA's own kind.
# area: rom
# topology: roms
. /tests/lib.sh

# shows CARD SIZE: vfio-pci gives that much of the card's ROM, and FF up to the end of the ROM BAR
shows()
{
	eval "card=\$$1 file=\$$1_ROM"
	name=$(basename "$file" .rom)
	use "$card" -r /run/rom >/run/client
	is "$name: vfio-pci shows a ROM as large as its BAR" \
		"$(stat -c %s /run/rom)" "$(stat -c %s "$file")"
	succeeds "$name: what the kernel finds is the card's" \
		sh -c "head -c $2 /run/rom >/run/shown; head -c $2 $file | cmp - /run/shown"
	is "$name: and the rest is FF" "$(tail -c +$(($2 + 1)) /run/rom | tr -d '\377' | wc -c)" 0
}

loads ids=1234:1111
writes 0 1 "$CLASS/$CARD17/handoff"
shows CARD17 1536
shows CARD18 2048
shows CARD19 4096
writes 0 1 "$CLASS/$CARD17/reclaim"
is "the ROM that was captured has all" "$(stat -c %s "$CLASS/$CARD17/rom")" 4096
unloads
done_testing
