# SPDX-License-Identifier: GPL-2.0
# Each change of state sends a uevent of the class device.
# area: claim
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111
uevents >/run/uevents &
listener=$!
eventually "a program listens" grep -q listening /run/uevents
changes()
{
	grep -c "^change@.*vga_stub/$HELD" /run/uevents
}
at_least()
{
	[ "$(changes)" -ge "$1" ]
}

writes 0 1 "$CLASS/$HELD/handoff"
eventually "handoff" at_least 1
seen=$(changes)
writes 0 1 "$CLASS/$HELD/reclaim"
eventually "reclaim" at_least $((seen + 1))
seen=$(changes)
unbind "$HELD"
eventually "unbind" at_least $((seen + 1))
kill $listener
wait $listener
[ "$t_failed" = 0 ] || sed 's/^/# /' /run/uevents
unloads
done_testing
