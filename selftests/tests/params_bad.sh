# SPDX-License-Identifier: GPL-2.0
# Bad entries of ids= are each named with text, position and reason; the good ones
# work, and the module loads.
# area: choose
# topology: plugin
. /tests/lib.sh

log_mark
loads "ids=10de,10de:12xy,1234:1111,10de:123456,10de:1111:,10de:1:2:3:4:5:6,:1111,10de 1111"
is "the good entry works" "$(driver_of "$HELD")" vga-stub
log=$(logged)
matches "a missing device" "$log" 'ids.*entry 1 "10de".*device is missing'
matches "a number that is none" "$log" 'ids.*entry 2 "10de:12xy".*device is not a hexadecimal number'
lacks "the good entry is not complained of" "$log" 'entry 3'
matches "a number too large" "$log" 'ids.*entry 4 "10de:123456".*device is larger'
matches "an empty field at the end" "$log" 'ids.*entry 5 "10de:1111:".*subvendor is empty'
matches "too many fields" "$log" 'ids.*entry 6 "10de:1:2:3:4:5:6".*6 fields'
matches "an empty field in front" "$log" 'ids.*entry 7 ":1111".*vendor is empty'
matches "a blank divides" "$log" 'ids.*entry 8 "10de" .*device is missing'
matches "what follows it is an entry too" "$log" 'ids.*entry 9 "1111" .*device is missing'
is "one line each" "$(echo "$log" | grep -c 'entry [0-9]')" 8
unloads

log_mark
loads "ids=$(yes 1234:x | head -n 60 | paste -s -d ,),1234:1111"
is "a good entry after 60 bad ones works" "$(driver_of "$HELD")" vga-stub
matches "the 60th bad one is named" "$(logged)" 'entry 60 "1234:x"'
unloads

loads "ids=,,,"
is "empty entries claim nothing" "$(driver_of "$HELD")" none
unloads

# Terminal control codes and line breaks do not reach the log.
log_mark
loads "$(printf 'ids=10de:\033[31mred')"
matches "what is not text is shown as its code" "$(logged)" 'entry 1 "10de:\\x1b\[31mred"'
unloads
done_testing
