# SPDX-License-Identifier: GPL-2.0
# The only card is held if that is asked for, with one line on what it means.
# area: claim
# topology: only
. /tests/lib.sh

log_mark
loads ids=1234:1111
is "it is held" "$(class "$HELD" state)" held
is "it is silent" "$(decodes "$HELD") $(arbiter_part "$HELD")" \
	"none decodes=none locks=none(0:0)"
is "no card takes part in arbitration" "$(arbiter_count)" 0
matches "the log says what that means" "$(logged)" "$HELD: .*(only|no other|last)"
writes 0 1 "$CLASS/$HELD/handoff"
matches "a program can use it" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
is "afterwards it takes part again" "$(arbiter_count)" 1
done_testing
