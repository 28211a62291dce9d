# SPDX-License-Identifier: GPL-2.0
# The doctor counts the cards in VGA arbitration, and says who has VGA locked and who uses a card.
# area: command
# topology: plugin
# sanitizers: no
. /tests/lib.sh

found >/run/found
finds "two cards take part" "info arbiter machine"
loads "devices=$HELD"
found >/run/found
lacks "one does not any more" "$(cat /run/found)" arbiter
vga-lock "target PCI:$HOST" "lock io+mem" hold >/run/lock.out &
client=$!
eventually "a program has VGA locked" grep -q "lock io+mem: 0" /run/lock.out
found >/run/found
matches "the default device is the host's card" "$(vga-lock read)" "PCI:$HOST"
finds "the doctor says so" "warn arbiter-lock machine"
kill $client
wait $client
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
found >/run/found
finds "the card is in use" "info in-use ${HELD%.?}"
matches "list says by whom" "$(vga-stub list)" '1 handed off \(in use by vfio-client \([0-9]+\)\)'
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
found >/run/found
lacks "nobody uses it" "$(cat /run/found)" in-use

# As nobody: no failure, and what takes root is counted apart.
mkdir -p /etc
echo "nobody:x:$NOBODY:$NOBODY::/:/bin/sh" >/etc/passwd
su nobody -s /bin/sh -c '/bin/vga-stub doctor' >/run/doctor 2>/run/error
is "nobody sees that all is well" $? 0
matches "and that some of it takes root" "$(cat /run/doctor)" 'root\)'
is "without an error" "$(cat /run/error)" ""
rm /etc/passwd
unloads
done_testing
