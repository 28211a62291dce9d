# SPDX-License-Identifier: GPL-2.0
# The file "legacy" takes three words and nothing else, keeps the last good one, and refuses
# "none" where nothing keeps legacy cycles from the card: on a root bus, and where another
# VGA card is behind the same bridge. The parameter of that name is the default.
# area: arbiter
# topology: plugin igd conventional
. /tests/lib.sh

file=$CLASS/$HELD/legacy
case $TOPOLOGY in
plugin) reason= ;;
igd) reason="it is on a root bus" ;;
conventional) reason="another VGA card is behind the same bridge" ;;
esac

loads ids=1234:1111
is "by default the arbiter decides" "$(class "$HELD" legacy)" arbitrated
is "everybody reads, root writes" "$(stat -c %a "$file")" 644
is "the parameter says so, too" "$(cat /sys/module/vga_stub/parameters/legacy)" arbitrated

writes 0 owned "$file"
is "it is owned" "$(class "$HELD" legacy)" owned
for text in own ownedx "owned none" Owned OWNED 0 1 2 non "$(printf '\377')" "$(printf 'owned\033[2J')"; do
	log_mark
	is "nothing but the three words: '$(echo "$text" | tr -c '[:print:]' .)'" "$(wr "$file" "$text")" EINVAL
	is "that is one line of the log" \
		"$(logged | grep -c "$HELD: legacy: write arbitrated, none or owned; nothing changed")" 1
	is "the old one stands" "$(class "$HELD" legacy)" owned
done
writes 0 " arbitrated
" "$file" "blanks and line ends do not count"
is "it is arbitrated" "$(class "$HELD" legacy)" arbitrated

log_mark
if [ -z "$reason" ]; then
	writes 0 none "$file"
	is "it is none" "$(class "$HELD" legacy)" none
else
	writes EOPNOTSUPP none "$file"
	matches "the log says why" "$(logged)" "$HELD: legacy: none refused: $reason"
	is "the old one stands" "$(class "$HELD" legacy)" arbitrated
fi

# It outlives every move.
writes 0 owned "$file"
unbind "$HELD"
is "unbound, it stands" "$(class "$HELD" legacy)" owned
writes 0 arbitrated "$file"
succeeds "held again" bind_to "$HELD" vga-stub
is "it stands" "$(class "$HELD" legacy)" arbitrated
unloads

# The parameter.
log_mark
loads ids=1234:1111 legacy=none
if [ -z "$reason" ]; then
	is "legacy=none" "$(class "$HELD" legacy)" none
	lacks "without a word" "$(logged)" "legacy"
else
	is "legacy=none is refused here" "$(class "$HELD" legacy)" arbitrated
	matches "the log says why" "$(logged)" "$HELD: legacy: arbitrated, not none: $reason"
fi
unloads
loads ids=1234:1111 legacy=owned
is "legacy=owned" "$(class "$HELD" legacy)" owned
unloads
log_mark
loads ids=1234:1111 legacy=on
is "another word is none of them" "$(class "$HELD" legacy)" arbitrated
matches "the log says so" "$(logged)" "vga_stub: legacy=on: write arbitrated, none or owned; arbitrated is taken"
unloads

# Writers that race each other, and who moves the card.
loads ids=1234:1111
for writer in 1 2 3; do
	sh -c "for round in 1 2 3 4 5 6 7 8; do wr $file owned; wr $file none; wr $file arbitrated; done" \
		>"/run/race.$writer" 2>&1 &
done
for _ in 1 2 3; do
	wr "$CLASS/$HELD/handoff" 1
	wr "$CLASS/$HELD/reclaim" 1
done >/run/race.moves
wait
is "each write has one of three outcomes" \
	"$(cat /run/race.1 /run/race.2 /run/race.3 | grep -vxE '0|EOPNOTSUPP|EBUSY')" ""
[ "$(driver_of "$HELD")" = vga-stub ] || writes 0 1 "$CLASS/$HELD/reclaim"
writes 0 arbitrated "$file"
is "afterwards it is silent" "$(decodes "$HELD") $(arbiter_part "$HELD")" "none decodes=none locks=none(0:0)"
eventually "and the host's card has the ranges" owns "$HOST"
unloads
rm -f /run/race.*
done_testing
