# SPDX-License-Identifier: GPL-2.0
# Parameters that do nothing say so: an entry for no device, no entry at all, a text
# that a later one replaces, and what can't be meant.
# area: choose
# topology: multifunction
. /tests/lib.sh

log_mark
loads
matches "nothing named" "$(logged)" 'vga_stub: no card is named: ids= and devices= are empty$'
unloads

later="is for no device that is there now; one that appears later is claimed\$"
log_mark
loads "ids=8086:ffff,1234:1111 abcd:1" "devices=ff:1f.7"
log=$(logged)
matches "an ID that nobody has" "$log" "ids= entry 1 \"8086:ffff\" $later"
matches "another" "$log" "ids= entry 3 \"abcd:1\" $later"
matches "a place where nobody is" "$log" "devices= entry 1 \"ff:1f.7\" $later"
is "one line each" "$(echo "$log" | grep -c "is for no device")" 3
is "the card is held" "$(claimed)" "$HELD"
unloads

# The companion may come later than the entry: what the line says is true.
log_mark
echo 1 >"$PCI/$AUDIO/remove"
loads "ids=$(ids_of "$HELD") 8086:293e"
is "it is not there yet" "$(claimed)" "$HELD"
matches "and that is said" "$(logged)" "ids= entry 2 \"8086:293e\" $later"
echo 1 >/sys/bus/pci/rescan
is "one that appears later is claimed" "$(claimed)" "$HELD $AUDIO"
unloads

log_mark
loads ids=abcd:1 ids=1234:1111
matches "a text that is replaced" "$(logged)" \
	'vga_stub: ids= is given more than once; "abcd:1" no longer counts\. Write all in one place$'
is "the last one counts" "$(claimed) $(cat /sys/module/vga_stub/parameters/ids)" "$HELD 1234:1111"
unloads

log_mark
loads ids=8086:ffffffff:ffffffff:ffffffff:0300:ffff,ffffffff:ffffffff
log=$(logged)
matches "a mask without the base class" "$log" 'entry 1 .*class_mask leaves out the base class; write 6 digits'
matches "every device" "$log" 'entry 2 .*device is any, and so are vendor and class: every device'
is "nothing is claimed" "$(claimed)" ""
unloads

log_mark
loads "ids=$(ids_of "$AUDIO") $(ids_of "$USB")"
lacks "companions of a card are nothing to ask about" "$(logged)" "is it meant"
unloads
other=$(grep -l 0x010601 $PCI/*/class | head -n 1)
other=$(basename "$(dirname "$other")")
log_mark
loads "devices=$other"
is "a disk controller can be held" "$(claimed)" "$other"
matches "but it is asked about" "$(logged)" "$other: this is no display device, and its slot has none: is it meant\?\$"
unloads
done_testing
