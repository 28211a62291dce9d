# SPDX-License-Identifier: GPL-2.0
# The doctor says that the host's driver came first, that ids= takes both of two equal cards, and
# who has the card open.
# area: command
# topology: twins
# sanitizers: no
. /tests/lib.sh

modprobe bochs
loads ids=1234:1111
node=/dev/dri/$(basename "$(echo "$PCI/$HELD"/drm/card*)")
# shellcheck disable=SC2217  # it has it open
sleep 100 <"$node" &
user=$!
found >/run/found
finds "the host was first" "fail host-first $HELD"
finds "at its twin, too" "fail host-first $TWIN"
finds "ids= takes both" "warn twins boot"
finds "the card is open" "warn held-open $HELD"
lacks "its twin is not" "$(cat /run/found)" "held-open $TWIN"
matches "who has it open is named" "$(vga-stub doctor)" "is open in sleep \($user\)"
kill $user
wait $user
found >/run/found
lacks "nobody has it open" "$(cat /run/found)" held-open
unloads
modprobe -r bochs

loads "devices=$HELD"
is "one is held" "$(claimed)" "$HELD"
found >/run/found
lacks "nothing fails" "$(cat /run/found)" '^fail|twins'
unloads
loads "devices=$HELD=8086:1234,$HOST"
found >/run/found
finds "another device is at the place" "fail place-moved boot"
finds "a driver that is built in has the host's card" "fail host-first $HOST"
unloads
loads "ids=1234:zz"
found >/run/found
finds "a bad entry" "fail param-bad boot"
unloads
done_testing
