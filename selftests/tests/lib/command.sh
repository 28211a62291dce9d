# SPDX-License-Identifier: GPL-2.0
#
# The user's command, which tests have whose names begin with cli_. A part of lib.sh.
# shellcheck shell=busybox

# found [ARGUMENT...]: what vga-stub doctor finds, without what is good or could not be looked at:
# "LEVEL NAME SUBJECT" in lines
found()
{
	vga-stub doctor --json "$@" | awk -F '"' '
		$2 == "id" { id = $4 }
		$2 == "level" { level = $4 }
		$2 == "subject" && level != "ok" && level != "unknown" { print level, id, $4 }'
}

# finds DESCRIPTION LINE: whether that is among what was found last, in /run/found
finds()
{
	if grep -Fqx -- "$2" /run/found; then
		pass "$1"
	else
		fail "$1" "expected: $2
$(cat /run/found)"
	fi
}
