# SPDX-License-Identifier: GPL-2.0
# The 1st, 2nd, ... allocation of loading the module with a card to claim fails, until
# there are no more; then likewise of unloading it. A load that fails leaves nothing; one
# that succeeds has claimed the card, or left it as it was and says so.
# area: faults
# topology: plugin igd
# sanitizers: only
# timeout: 240
. /tests/lib.sh

# Where the module's file is read, before anything of it runs; a failure there is logged
# with all that is known of the machine's memory.
allocations_can_fail outside kernel_read_file

ids=$(ids_of "$HELD")
absent=$(failnth facts "$HELD")
matches "at first there is nothing" "$absent" "^driver=none state=- .* module=no class=no$"
loads "ids=$ids"
held=$(failnth facts "$HELD")
matches "the card is held" "$held" "^driver=vga-stub state=held rom=bar decodes=none arbiter=none "
unloads
idle=$(echo "$absent" | sed 's/module=.*/module=yes class=yes/')
# A ROM that there is no memory for is not captured, or from the next source.
no_rom=$(echo "$held" | sed 's/rom=bar/rom=none/')
shadow=$(echo "$held" | sed 's/rom=bar/rom=shadow/')

# The driver core's own part of binding can fail after ours: a released card.
released=$(echo "$idle" | sed 's/state=- rom=-/state=unbound rom=bar/')

log_mark
succeeds "loading: held, or as before" failnth sweep "$HELD" "$absent" "$held" "$idle" \
	"$no_rom" "$shadow" "$released" -- load $MODULE "ids=\"$ids\"" -- unload vga_stub
echo "# loading: $t_out"
silent=$(echo "$t_out" | sed 's/.*, \([0-9]*\) of outcome 2.*, \([0-9]*\) of outcome 5.*/\1 + \2/')
said=$(logged | grep -cE 'no memory to claim|probe with driver vga-stub failed|driver_sysfs_add failed')
is "each card that was not claimed was mentioned" $((said >= silent)) 1
silent=$(echo "$t_out" | sed 's/.*, \([0-9]*\) of outcome 3, \([0-9]*\) of outcome 4.*/\1 + \2/')
said=$(logged | grep -c 'option ROM not read from source bar')
is "each ROM that was not captured was mentioned" $((said >= silent)) 1

loads "ids=$ids"
matches "unloading: needs no memory that it cannot do without" \
	"$(failnth sweep "$HELD" "$held" "$absent" -- unload vga_stub -- \
		load $MODULE "ids=\"$ids\"" 2>&1)" ": 0 errors, [0-9]+ of outcome 1$"
unloads
done_testing
