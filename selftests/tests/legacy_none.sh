# SPDX-License-Identifier: GPL-2.0
# With "none" the arbiter goes on counting one card less while a guest has the card: whoever
# moves it there, at the arbiter's first use, when a client locks VGA for the card, and when
# VGA cards come and go. One that comes behind the same bridge ends it.
# area: arbiter
# topology: twins conventional
# replugs: yes
# fresh: yes
. /tests/lib.sh

file=$CLASS/$HELD/legacy
silent="decodes=none locks=none(0:0)"
party="decodes=io+mem locks=none(0:0)"

if [ "$TOPOLOGY" = conventional ]; then
	loads ids=1234:1111
	writes EOPNOTSUPP none "$file" "two cards are behind the bridge"
	writes 0 1 "$PCI/$HOST/remove"
	writes 0 none "$file" "alone, it may be none"
	writes 0 1 "$CLASS/$HELD/handoff"
	is "a guest has it, and the arbiter no decode" "$(driver_of "$HELD") $(arbiter_part "$HELD")" "vfio-pci $silent"
	log_mark
	writes 0 1 /sys/bus/pci/rescan
	matches "the other comes back" "$(logged)" \
		"$HELD: legacy: arbitrated, not none: another VGA card is behind the same bridge"
	is "which ends it" "$(class "$HELD" legacy) $(arbiter_part "$HELD")" "arbitrated $party"
	writes 0 1 "$CLASS/$HELD/reclaim"
	unloads
	done_testing
fi

before=$(arbiter_count)
loads devices=00:03.0/00.0
eventually "the host's card has the ranges" owns "$HOST"
held=$(arbiter_count)
is "held, the arbiter counts one less" "$held" $((before - 1))

writes 0 1 "$CLASS/$HELD/handoff"
is "arbitrated: the guest's card is a party" "$(arbiter_count) $(arbiter_part "$HELD")" "$before $party"
writes 0 none "$file" "it can be chosen meanwhile"
is "then it is none" "$(arbiter_count) $(arbiter_part "$HELD")" "$held $silent"
writes 0 arbitrated "$file" "and taken back"
is "then it is one again" "$(arbiter_count) $(arbiter_part "$HELD")" "$before $party"
writes 0 none "$file"
writes 0 1 "$CLASS/$HELD/reclaim"
is "held again" "$(arbiter_count) $(arbiter_part "$HELD")" "$held $silent"

# stays WHEN: what is asserted at each turn
stays()
{
	is "$1: the count stays, and the card decodes nothing" \
		"$(driver_of "$HELD") $(arbiter_count) $(arbiter_part "$HELD")" "vfio-pci $held $silent"
}

writes 0 1 "$CLASS/$HELD/handoff"
stays "by handoff"
# As vfio does for a guest's access: it works with what is not decoded.
locked=$(vga-lock "target PCI:$HELD" "lock io+mem" read "unlock io+mem")
matches "a client can lock VGA for it" "$locked" "owns=io\+mem,locks=io\+mem"
stays "after a lock"
vga-lock "target PCI:$HELD" "decodes io+mem" >/run/out
stays "after a program has declared it"
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
stays "after a lock for the host"
writes 0 1 "$PCI/$TWIN/remove"
is "a card goes: the card decodes nothing" "$(arbiter_count) $(arbiter_part "$HELD")" "$((held - 1)) $silent"
writes 0 1 /sys/bus/pci/rescan
stays "a card comes"
matches "a program can use it" "$(use "$HELD")" '^ready$'
stays "after use"

# Others move it.
unbind "$HELD"
is "unbound, it is as before" "$(arbiter_count) $(arbiter_part "$HELD")" "$before $party"
succeeds "vfio-pci by hand" bind_to "$HELD" vfio-pci
stays "by hand"
modprobe pci-stub
unbind "$HELD"
succeeds "pci-stub by hand" bind_to "$HELD" pci-stub
is "by pci-stub" "$(arbiter_count) $(arbiter_part "$HELD")" "$held $silent"
writes 0 1 "$CLASS/$HELD/reclaim"
is "held again" "$(arbiter_count) $(arbiter_part "$HELD")" "$held $silent"

# The module goes.
writes 0 1 "$CLASS/$HELD/handoff"
stays "handed off"
unloads
is "without the module it is a party" "$(driver_of "$HELD") $(arbiter_count) $(arbiter_part "$HELD")" \
	"vfio-pci $before $party"
unbind "$HELD"
rmmod pci-stub
done_testing
