# SPDX-License-Identifier: GPL-2.0
# The legacy ranges go to a card of the host: not to one that a guest has, be it the default
# VGA device, nor to one that is being claimed at the same time. A guest's card is no display
# for the host.
# area: arbiter
# topology: numa
# timeout: 240
. /tests/lib.sh

is "the default VGA device is the first" "$(cat "$PCI/$HELD/boot_vga")" 1
loads devices=00:02.0/00.0
eventually "the first other card gets the ranges" owns "$SECOND"
writes 0 1 "$CLASS/$HELD/handoff"
log_mark
succeeds "that card is claimed as well" bind_to "$SECOND" vga-stub
eventually "the host's card gets them, not the guest's" owns "$HOST"
matches "the log says so" "$(logged)" "$HOST: vga-stub: gets the legacy VGA ranges"
fails "the guest's card does not have them" owns "$HELD"
lacks "the host has a display" "$(logged)" "this is the only display card"
log_mark
unbind "$HOST"
succeeds "and the last one is claimed" bind_to "$HOST" vga-stub
matches "the host has none left" "$(logged)" "$HOST: this is the only display card"
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
succeeds "the host's driver has its card again" bind_to "$HOST" virtio-pci

# The heir is claimed while the arbiter is asked for it, as long as a program has VGA locked: the next
# one gets the ranges. It is asked for a second, so a slow machine gets another try.

# asked: the thread that asks is there
asked()
{
	grep -qs vga_stub_legacy /proc/[0-9]*/comm
}

loads devices=00:02.0/00.0
for try in 1 2 3 4 5; do
	writes 0 owned "$CLASS/$HELD/legacy"
	writes 0 1 "$CLASS/$HELD/handoff"
	vga-lock "target PCI:$HELD" "lock io+mem" hold >/run/lock.out &
	client=$!
	eventually "$try: a program has VGA locked" grep -q "lock io+mem: 0" /run/lock.out
	log_mark
	writes 0 arbitrated "$CLASS/$HELD/legacy"
	eventually "$try: the arbiter is asked for an heir" asked
	succeeds "$try: which is claimed" bind_to "$SECOND" vga-stub
	kill $client
	wait $client
	logged | grep -q "not now" || break
	unbind "$SECOND"
	writes 0 1 "$CLASS/$HELD/reclaim"
done
eventually "the next one gets the ranges" owns "$HOST"
is "and nobody else" "$(logged | sed -n 's/.* \(0000:.*\): vga-stub: gets the legacy.*/\1/p')" "$HOST"
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

# Both are claimed while the first one's ranges are given away. Each has them once.
for round in 1 2 3 4 5 6 7 8; do
	case $((round % 2)) in
	0) first=$HELD ;;
	1) first=$SECOND ;;
	esac
	vga-lock "target PCI:$first" "lock io+mem" "unlock io+mem" >/run/out
	owns "$first" || fail "round $round: the card has the ranges at first"
	load ids=1234:1111 || fail "round $round: the module loads"
	eventually "round $round: the host's card gets the ranges" owns "$HOST"
	unload || fail "round $round: the module unloads"
done
done_testing
