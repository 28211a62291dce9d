# SPDX-License-Identifier: GPL-2.0
# With "owned" the hand-off gives the card the legacy ranges, and the reclaim gives them back,
# without a change to COMMAND of the host's card. If a program has VGA locked, or another guest
# owns the ranges, nothing moves. Who takes them from the guest is named in the log while it runs.
# area: arbiter
# topology: twins
. /tests/lib.sh

file=$CLASS/$HELD/legacy

# goes_to BDF: whether each bridge above a card forwards the ranges
goes_to()
{
	[ $((0x$(config "$(basename "$(dirname "$(readlink -f "$PCI/$1")")")" 0x3e 1) & 8)) = 8 ]
}

loads devices=00:03.0/00.0,00:04.0/00.0
eventually "the host's card has the ranges" owns "$HOST"
command=$(config "$HOST" 4 2)
for way in handoff hand written; do
	case $way in
	handoff)
		writes 0 owned "$file"
		writes 0 1 "$CLASS/$HELD/handoff"
		;;
	hand)
		unbind "$HELD"
		succeeds "$way: vfio-pci takes it" bind_to "$HELD" vfio-pci
		eventually "$way: it gets the ranges" owns "$HELD"
		;;
	written)
		writes 0 arbitrated "$file"
		writes 0 1 "$CLASS/$HELD/handoff"
		succeeds "$way: the host has the ranges at first" goes_to "$HOST"
		writes 0 owned "$file"
		;;
	esac
	succeeds "$way: the card owns the ranges" owns "$HELD"
	succeeds "$way: they go to it" goes_to "$HELD"
	fails "$way: and not to the host's card" goes_to "$HOST"
	is "$way: whose COMMAND is as before" "$(config "$HOST" 4 2)" "$command"
	case $way in
	written)
		writes 0 arbitrated "$file"
		eventually "$way: arbitrated gives them back" owns "$HOST"
		;;
	esac
	writes 0 1 "$CLASS/$HELD/reclaim"
	eventually "$way: reclaimed, the host's card has them" owns "$HOST"
	succeeds "$way: they go to it again" goes_to "$HOST"
	is "$way: its COMMAND is as before" "$(config "$HOST" 4 2)" "$command"
	is "$way: the card is silent" "$(decodes "$HELD")" none
done

# Two guests cannot both own them.
writes 0 owned "$file"
writes 0 owned "$CLASS/$TWIN/legacy"
writes 0 1 "$CLASS/$HELD/handoff"
log_mark
writes EBUSY 1 "$CLASS/$TWIN/handoff"
matches "the log says who has them" "$(logged)" \
	"$TWIN: legacy: not owned: $HELD has the legacy VGA ranges for its own guest"
is "nothing has moved" "$(driver_of "$TWIN") $(decodes "$TWIN")" "vga-stub none"
succeeds "the first guest still has them" owns "$HELD"
writes 0 arbitrated "$CLASS/$TWIN/legacy"
writes 0 1 "$CLASS/$TWIN/handoff"
log_mark
writes EBUSY owned "$CLASS/$TWIN/legacy"
is "the old choice stands" "$(class "$TWIN" legacy)" arbitrated
writes 0 1 "$CLASS/$TWIN/reclaim"
succeeds "the first guest still has them after that" owns "$HELD"
# A claim that had nothing to do with it.
unbind "$TWIN"
succeeds "the other is claimed again" bind_to "$TWIN" vga-stub
sleep 1
succeeds "the guest still has them after that, too" owns "$HELD"

# Somebody else asks for them, as X servers do.
take()
{
	log_mark
	vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
}

# said: how often the log has it
said()
{
	logged | grep -c "$HELD: legacy: somebody took the legacy VGA ranges while a guest owned them: the guest draws on $HOST now"
}
said_once()
{
	[ "$(said)" = 1 ]
}

take
eventually "while the guest runs, the log says so, and on which card it draws" said_once
sleep 2
is "once" "$(said)" 1
is "the choice stands" "$(class "$HELD" legacy)" owned
writes 0 owned "$file" "the ranges are given to the guest again"
succeeds "the card owns the ranges" owns "$HELD"
succeeds "they go to it" goes_to "$HELD"
take
eventually "the log says so the next time, too" said_once
writes 0 1 "$CLASS/$HELD/reclaim"
is "and nothing more at the reclaim" "$(said)" 1

# Right before the reclaim.
writes 0 1 "$CLASS/$HELD/handoff"
take
writes 0 1 "$CLASS/$HELD/reclaim"
is "at the latest it says so then" "$(said)" 1

# While nobody owns them.
writes 0 arbitrated "$file"
writes 0 1 "$CLASS/$HELD/handoff"
vga-lock "target PCI:$HELD" "lock io+mem" "unlock io+mem" >/run/out
take
sleep 2
is "of a guest that asks for them it says nothing" "$(said)" 0
writes 0 1 "$CLASS/$HELD/reclaim"
writes 0 owned "$file"

# A program has VGA locked.
vga-lock "target PCI:$HOST" "lock io+mem" hold >/run/lock.out &
client=$!
eventually "a program has VGA locked" grep -q "lock io+mem: 0" /run/lock.out
log_mark
since=$(cut -d . -f 1 /proc/uptime)
writes EBUSY 1 "$CLASS/$HELD/handoff"
took=$(($(cut -d . -f 1 /proc/uptime) - since))
succeeds "after a second or so ($took s)" [ $took -le $((5 * ${SLOW:-1})) ]
matches "the log says why" "$(logged)" "$HELD: legacy: not owned: a program has had VGA locked for a second"
is "nothing has moved" "$(driver_of "$HELD") $(decodes "$HELD") $(class "$HELD" legacy)" "vga-stub none owned"
# The signal is still pending when the card is taken back.
for signal in USR1 KILL; do
	sh -c 'trap : USR1; echo 1 >"$0"' "$CLASS/$HELD/handoff" 2>/dev/null &
	writer=$!
	eventually "$signal: the card is with vfio-pci" sh -c ". /tests/lib.sh; [ \$(driver_of $HELD) = vfio-pci ]"
	kill -$signal $writer
	wait $writer
	is "nor at $signal meanwhile" "$(driver_of "$HELD") $(decodes "$HELD") $(class "$HELD" legacy)" \
		"vga-stub none owned"
done
writes 0 none "$file"
writes 0 1 "$CLASS/$HELD/handoff" "one that needs no ranges goes"
log_mark
writes EBUSY owned "$file"
is "the old choice stands" "$(class "$HELD" legacy) $(arbiter_part "$HELD")" "none decodes=none locks=none(0:0)"
kill $client
wait $client
writes 0 owned "$file" "then it can be had"
succeeds "the card owns the ranges" owns "$HELD"
unloads
succeeds "the card has them without the module" owns "$HELD"
unbind "$HELD"
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
done_testing
