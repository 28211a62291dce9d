# SPDX-License-Identifier: GPL-2.0
# A companion that comes back by itself has no legacy ranges to pass on: they stay with the
# card beside it, which a guest has.
# area: arbiter
# topology: multifunction
. /tests/lib.sh

loads ids=1234:1111,8086:293e
writes 0 1 "$CLASS/$HELD/handoff"
vga-lock "target PCI:$HELD" "lock io+mem" "unlock io+mem" >/run/out
succeeds "the guest's card has the ranges" owns "$HELD"
unbind "$AUDIO"
log_mark
succeeds "its companion comes back" bind_to "$AUDIO" vga-stub
is "it is held" "$(class "$AUDIO" state) $(class "$HELD" state)" "held handed-off"
sleep 1
succeeds "the guest's card has the ranges still" owns "$HELD"
lacks "nobody else gets them" "$(logged)" "gets the legacy VGA ranges"
writes 0 1 "$CLASS/$HELD/reclaim"
eventually "they go when the card comes back" owns "$HOST"
unloads
done_testing
