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
