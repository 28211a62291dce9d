# SPDX-License-Identifier: GPL-2.0
# While a card is held, a client of /dev/vga_arbiter can lock the host's card as an
# X server does, and the held card stays silent.
# area: arbiter
# topology: plugin igd uefi conventional
. /tests/lib.sh

loads ids=1234:1111
for round in 1 2 3; do
	answer=$(timeout $((10 * ${SLOW:-1})) vga-lock "target PCI:$HOST" "lock io+mem" read "unlock io+mem" read)
	matches "round $round: the lock is given" "$answer" "^lock io\+mem: 0$"
	matches "round $round: the host's card owns and locks" "$answer" \
		"PCI:$HOST,decodes=io\+mem,owns=io\+mem,locks=io\+mem\(1:1\)"
	matches "round $round: the lock is given back" "$answer" "^unlock io\+mem: 0$"
	is "round $round: the host's card has its decode" \
		"$(decodes "$HOST" | cut -d ' ' -f 1-2)" "io mem"
	is "round $round: the held card is silent" "$(decodes "$HELD")" none
done
is "the held card decodes and locks nothing" "$(arbiter_part "$HELD")" \
	"decodes=none locks=none(0:0)"

# The client is killed with the lock held.
vga-lock "target PCI:$HOST" "lock io+mem" hold >/run/lock.out &
client=$!
eventually "another client has the lock" grep -q "lock io+mem: 0" /run/lock.out
kill $client
wait $client
eventually "its lock ends with it" sh -c ". /tests/lib.sh; arbiter $HOST | grep -q 'locks=none(0:0)'"
unloads
done_testing
