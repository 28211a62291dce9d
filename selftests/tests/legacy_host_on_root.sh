# SPDX-License-Identifier: GPL-2.0
# The host's card is on the root bus, where the arbiter can give the ranges to others only by
# switching the card off. "owned" is refused, and the host's card is as before. What an x-vga
# guest's lock switches off is given back at the reclaim.
# area: arbiter
# topology: hostroot
. /tests/lib.sh

loads ids=1234:1111
is "a driver of the host has its card" "$(driver_of "$HOST")" virtio-pci
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
command=$(config "$HOST" 4 2)
is "which decodes" "$(decodes "$HOST" | cut -d ' ' -f 1-2)" "io mem"

writes 0 owned "$CLASS/$HELD/legacy"
log_mark
writes EBUSY 1 "$CLASS/$HELD/handoff"
matches "the log says why" "$(logged)" \
	"$HELD: legacy: not owned: $HOST, a card of the host, would be switched off: no bridge keeps legacy VGA cycles from it"
is "nothing has moved" "$(driver_of "$HELD")" vga-stub
is "the host's card is as before" "$(config "$HOST" 4 2)" "$command"
succeeds "and has the ranges" owns "$HOST"

# What vfio does at each access of an x-vga guest.
writes 0 arbitrated "$CLASS/$HELD/legacy"
writes 0 1 "$CLASS/$HELD/handoff"
vga-lock "target PCI:$HELD" "lock io+mem" "unlock io+mem" >/run/out
lacks "an x-vga guest switches the host's card off" "$(decodes "$HOST")" "io|mem"
writes 0 1 "$CLASS/$HELD/reclaim"
eventually "reclaimed, the host's card has the ranges" owns "$HOST"
is "and decodes again" "$(config "$HOST" 4 2)" "$command"
unloads
done_testing
