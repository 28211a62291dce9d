# SPDX-License-Identifier: GPL-2.0
# rom= says whose option ROMs are read: of no card, of all but one, of one alone. A card
# whose ROM is not read is held like any other, nothing is written to its ROM BAR, and one line
# says why there is none. Bad rules are named, and the good ones work.
# area: rom
# topology: plugin twins
. /tests/lib.sh

NOT="option ROM not read: rom= says so"

# what BDF: source and status of its ROM, and whether there is one
what()
{
	echo "$(class "$1" rom_source) $(class "$1" rom_status) $([ -e "$CLASS/$1/rom" ] && echo rom)"
}

if [ "$TOPOLOGY" = plugin ]; then
	for no in no 0 off; do
		ask config-writes >/dev/null
		log_mark
		loads ids=1234:1111 rom=$no
		is "rom=$no: the card is held" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
		is "there is no ROM" "$(what "$HELD")" "none none "
		is "one line says why" "$(logged | grep -c "$HELD: $NOT")" 1
		is "the ROM BAR is not written to" "$(ask config-writes | grep "^${HELD#*:} 0x30 ")" ""
		is "the parameter reads as written" "$(cat /sys/module/vga_stub/parameters/rom)" "$no"
		writes 0 1 "$CLASS/$HELD/handoff"
		writes 0 1 "$CLASS/$HELD/reclaim"
		is "nor is it read later" "$(what "$HELD")" "none none "
		unloads
	done
	loads ids=1234:1111 rom=yes
	is "rom=yes: it is read" "$(what "$HELD")" "bar ok rom"
	unloads

	log_mark
	loads ids=1234:1111 "rom=maybe,!01:00,!02:00.0/,!2:0.*=1234:1111"
	log=$(logged)
	is "a good rule after bad ones works" "$(what "$HELD")" "none none "
	matches "a rule that is none" "$log" \
		'rom= entry 1 "maybe" at character 1: rule is neither yes nor no nor a place; write no, 0000:01:00.0 or !0000:01:00.0'
	matches "no function" "$log" \
		'rom= entry 2 "!01:00" at character 13: function is missing or no number'
	matches "a path that ends early" "$log" 'rom= entry 3 .* device number is missing or no number'
	is "one line each" "$(echo "$log" | grep -c 'rom= entry')" 3
	matches "they are named before a card is claimed" "$(echo "$log" | grep -E "rom= entry|held" | tail -n 1)" "$HELD: held"
	unloads
	done_testing
fi

loads ids=1234:1111 'rom=!00:03.0/00.0'
is "all but one: not of this" "$(what "$HELD")" "none none "
is "of its twin" "$(what "$TWIN")" "bar ok rom"
succeeds "byte for byte" cmp "$CLASS/$TWIN/rom" "$TWIN_ROM"
unloads
loads ids=1234:1111 "rom=no,$HELD"
is "of one alone: of this" "$(what "$HELD")" "bar ok rom"
is "not of its twin" "$(what "$TWIN")" "none none "
unloads
loads ids=1234:1111 "rom=no $HELD=10de:1b80"
is "not of other IDs" "$(what "$HELD") $(what "$TWIN")" "none none  none none "
unloads

# A rule that is for nobody would have the user believe that a ROM is not read.
nobody="is for no device that is there now; it counts for one that appears later\$"
log_mark
loads ids=1234:1111 "rom=!ff:1f.7 !$HELD=10de:1b80,$TWIN"
log=$(logged)
is "a rule for nobody does nothing" "$(what "$HELD") $(what "$TWIN")" "bar ok rom bar ok rom"
matches "a place where nobody is" "$log" "rom= entry 1 \"!ff:1f.7\" $nobody"
matches "a card with other IDs" "$log" "rom= entry 2 \"!$HELD=10de:1b80\" $nobody"
is "one line each" "$(echo "$log" | grep -c "rom= entry")" 2
matches "before a card is claimed" "$(echo "$log" | grep -E "rom= entry|held" | head -n 1)" "rom= entry 1"
unloads
done_testing
