# SPDX-License-Identifier: GPL-2.0
# Entries of devices=: the ways to write a place, the guard of the IDs, and bad ones,
# which are named and do not keep the good ones from working.
# area: choose
# topology: twins
. /tests/lib.sh

port=$(basename "$(dirname "$(realpath "$PCI/$HELD")")")
bus=$(echo "$HELD" | cut -d : -f 2)

for devices in \
	"${HELD#0000:}" \
	"$bus:0.0" \
	"$bus:00.*" \
	"$HELD=1234:1111" \
	"$port/00.0" \
	"${port#0000:}/0.0=1234:1111" \
	"$port/00.*" \
	" ,$HELD ,"; do
	loads "devices=$devices"
	is "devices=$devices claims the card, and it only" "$(ls $CLASS)" "$HELD"
	unloads
done
for devices in \
	"0001:$bus:00.0" \
	"10000:$bus:00.0" \
	"$bus:00.1" \
	"$bus:01.0" \
	"$port/01.0" \
	"$port/00.0/00.0" \
	"00:1f.0/00.0"; do
	loads "devices=$devices"
	is "devices=$devices claims nothing" "$(ls $CLASS)" ""
	unloads
done

log_mark
loads "devices=$HELD=1234:1112,$TWIN=1234:1111"
is "a card with other IDs is not claimed" "$(ls $CLASS)" "$TWIN"
matches "and that is said" "$(logged)" "$HELD: not claimed: devices= wants other IDs"
unloads

log_mark
loads "devices=$port"
is "a bridge keeps its driver" "$(driver_of "$port")" pcieport
is "and its override" "$(cat "$PCI/$port/driver_override")" "(null)"
matches "that is said" "$(logged)" "$port: not claimed: .*bridge"
unloads

log_mark
loads "devices=01,$bus:00.8,$HELD,$bus:20.0,$port/,$bus:00.*/00.0,$HELD=10de,$HELD=10de:xx,1234:1111:0.0"
is "the good entry works" "$(ls $CLASS)" "$HELD"
log=$(logged)
matches "no device number" "$log" 'devices= entry 1 "01" at character 3: device number is missing'
matches "no such function" "$log" "entry 2 \"$bus:00.8\".*function is larger"
matches "no such device" "$log" "entry 4 \"$bus:20.0\".*device number is larger"
matches "a path that ends early" "$log" "entry 5 \"$port/\".*device number is missing"
matches "a wildcard on the way" "$log" "entry 6 .*function of a bridge cannot be"
matches "half a guard" "$log" "entry 7 .*device is missing; write vendor:device"
matches "a guard that is no number" "$log" "entry 8 .*device is not a hexadecimal number"
matches "IDs in place of a bus" "$log" "entry 9 .*bus is larger"
is "one line each" "$(echo "$log" | grep -c 'entry [0-9]')" 8
unloads

loads "ids=1234:1111" "devices=$HELD"
is "ids= and devices= together" "$(claimed)" "$HELD $TWIN"
unloads
done_testing
