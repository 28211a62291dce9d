# SPDX-License-Identifier: GPL-2.0
# A card on the root bus, where only COMMAND keeps cards apart. A program that locks VGA for the
# default device switches a held one on, until it is next quieted. A lock for the host's card
# takes COMMAND from a guest's card at once with vfio-pci alone; after a hand-off by vga-stub not
# before somebody has locked the guest's card. The log says who takes the ranges from a guest
# that owns them.
# area: arbiter
# topology: legacy
. /tests/lib.sh

# lock BDF|default: what X servers and vfio do
lock()
{
	case $1 in
	default) vga-lock "lock io+mem" "unlock io+mem" ;;
	*) vga-lock "target PCI:$1" "lock io+mem" "unlock io+mem" ;;
	esac >/run/locked
	is "VGA is locked for $1" "$(grep -c ': 0$' /run/locked)" "$(grep -c : /run/locked)"
}

# decode: I/O and memory of the card on the root bus
decode()
{
	decodes "$INTEGRATED" | sed 's/ master//'
}

# said: whether the log has it
said()
{
	logged | grep -q "$INTEGRATED: legacy: somebody took the legacy VGA ranges .*draws on $HOST now"
}

is "it is the default device" "$(cat "$PCI/$INTEGRATED/boot_vga")" 1
lock "$INTEGRATED"
modprobe vfio-pci
succeeds "vfio-pci takes it" bind_to "$INTEGRATED" vfio-pci
keep_using "$INTEGRATED"
is "vfio-pci alone: a guest's card decodes" "$(decode)" "io mem"
lock "$HOST"
is "vfio-pci alone: the first lock for the host's takes that" "$(decode)" none
stop_using
lock "$INTEGRATED"
unbind "$INTEGRATED"

loads "devices=00:04.0"
eventually "the host's card has the ranges" owns "$HOST"
is "held: it is silent" "$(decode)" none
lock "$HOST"
is "held: also beside locks for the host's" "$(decode)" none
lock default
is "held: a lock for the default device switches it on" "$(decode)" "io mem"
writes 0 1 "$CLASS/$INTEGRATED/handoff"
writes 0 1 "$CLASS/$INTEGRATED/reclaim"
is "held: until it is next quieted" "$(decode)" none
lock "$HOST"

writes 0 1 "$CLASS/$INTEGRATED/handoff"
keep_using "$INTEGRATED"
is "handed off: a guest's card decodes" "$(decode)" "io mem"
for round in 1 2 3; do
	lock "$HOST"
	is "handed off: lock $round for the host's takes nothing" "$(decode)" "io mem"
done
lock "$INTEGRATED"
is "handed off: nor one for itself" "$(decode)" "io mem"
lock "$HOST"
is "handed off: then the next for the host's does" "$(decode)" none
stop_using
writes 0 1 "$CLASS/$INTEGRATED/reclaim"
is "reclaimed: it is silent" "$(decode)" none

# With "owned" it has them, and only the bridges of others tell that it has lost them.
eventually "the host's card has the ranges again" owns "$HOST"
writes 0 owned "$CLASS/$INTEGRATED/legacy"
writes 0 1 "$CLASS/$INTEGRATED/handoff"
succeeds "owned: the card owns the ranges" owns "$INTEGRATED"
log_mark
sleep 3
lacks "owned: the log says nothing while it has them" "$(logged)" "somebody took"
lock "$HOST"
eventually "owned: it says who has taken them" said
writes 0 1 "$CLASS/$INTEGRATED/reclaim"
unloads
is "released: it decodes, or leaves it to who has the ranges" "$(decode)" "io mem"
done_testing
