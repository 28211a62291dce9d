# SPDX-License-Identifier: GPL-2.0
# The module can be unloaded in each state: held, unbound, handed off, handed off
# and in use, and while its files are open. What is handed off stays there.
# area: claim
# topology: plugin igd
# timeout: 90
# smoke: yes
. /tests/lib.sh

loads ids=1234:1111
unloads
is "held: released" "$(driver_of "$HELD")" none

loads ids=1234:1111
unbind "$HELD"
unloads
is "unbound: still" "$(driver_of "$HELD")" none

loads ids=1234:1111
writes 0 1 "$CLASS/$HELD/handoff"
unloads
is "handed off: stays" "$(driver_of "$HELD")" vfio-pci
fails "the class is gone" test -e $CLASS
matches "a program can use it" "$(use "$HELD")" '^ready$'
loads ids=1234:1111
is "loaded again, the card stays with vfio-pci" "$(driver_of "$HELD")" vfio-pci
unloads
unbind "$HELD"

loads ids=1234:1111
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
unloads
is "the program runs" "$(awk '/^State/ { print $2 }' /proc/$client/status)" S
stop_using
is "vfio-pci still has the card" "$(driver_of "$HELD")" vfio-pci
unbind "$HELD"

loads ids=1234:1111
exec 3<"$CLASS/$HELD/rom" 4<"$CLASS/$HELD/state"
unloads
fails "rom gives nothing after that" cat <&3
fails "nor does state" cat <&4
exec 3<&- 4<&-

for round in 1 2 3 4 5 6 7 8; do
	load ids=1234:1111
	unload || fail "round $round"
done
is "loaded and unloaded eight times" "$(driver_of "$HELD")" none
done_testing
