# SPDX-License-Identifier: GPL-2.0
# Cards whose ROMs are wrong, large, or not there: each is claimed, its rom_status is
# the word for it, and what is kept is what was found, byte for byte and no more. What
# the ROMs are like is in harness/firmware.py.
# area: rom
# topology: roms
. /tests/lib.sh

# rom_is CARD STATUS SOURCE [SIZE]: "rom" is that much of the card's ROM, or not there
rom_is()
{
	eval "card=\$$1 file=\${$1_ROM:-}"
	name=$(basename "${file:-rombar=0}" .rom)
	is "$name: rom_status" "$(class "$card" rom_status)" "$2"
	is "$name: rom_source" "$(class "$card" rom_source)" "$3"
	if [ -n "${4:-}" ]; then
		is "$name: the size of rom" "$(stat -c %s "$CLASS/$card/rom")" "$4"
		succeeds "$name: rom is what the card has" \
			sh -c "head -c $4 $file | cmp - $CLASS/$card/rom"
	else
		fails "$name: there is no rom" [ -e "$CLASS/$card/rom" ]
	fi
	is "$name: the card is held" "$(class "$card" state)" held
	is "$name: and silent" "$(decodes "$card")" none
}

start=$(cut -d . -f 1 /proc/uptime)
loads ids=1234:1111
took=$(($(cut -d . -f 1 /proc/uptime) - start))
succeeds "20 cards are claimed in seconds ($took)" [ "$took" -lt 15 ]

rom_is CARD0 bad-signature none
rom_is CARD1 no-pcir bar 4096
rom_is CARD2 no-pcir bar 4096
rom_is CARD3 no-pcir bar 4096
rom_is CARD4 truncated bar 4096
rom_is CARD5 truncated bar 4096
rom_is CARD6 truncated bar 2048
rom_is CARD7 truncated bar 4096
rom_is CARD8 id-mismatch bar 4096
rom_is CARD9 bad-checksum bar 4096
rom_is CARD10 ok bar 4096
rom_is CARD11 ok bar 8192
rom_is CARD12 ok bar 262144
rom_is CARD13 ok bar 1048576
rom_is CARD14 ok bar 1536
rom_is CARD15 ok bar 16896
rom_is CARD16 none none
# The kernel's view ends at the gap; EDK II runs what is behind it.
rom_is CARD17 truncated bar 4096
rom_is CARD18 ok bar 4096
rom_is CARD19 ok bar 4096
unloads
done_testing
