# SPDX-License-Identifier: GPL-2.0
#
# Assertions, and what else is TAP. A part of lib.sh.
# shellcheck shell=busybox

# pass DESCRIPTION, fail DESCRIPTION [DETAIL]
pass()
{
	t_count=$((t_count + 1))
	echo "ok $t_count - $1"
}

fail()
{
	t_count=$((t_count + 1))
	t_failed=$((t_failed + 1))
	echo "not ok $t_count - $1"
	[ -z "${2:-}" ] || echo "$2" | sed 's/^/#   /'
}

# is DESCRIPTION GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "     got: $2
expected: $3"
	fi
}

# isnt DESCRIPTION GOT UNEXPECTED
isnt()
{
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1" "got: $2"
	fi
}

# matches DESCRIPTION GOT REGEX, with at least one line that does
matches()
{
	if grep -Eq -- "$3" <<END
$2
END
	then
		pass "$1"
	else
		fail "$1" "     got: $2
expected: $3"
	fi
}

lacks()
{
	if grep -Eq -- "$3" <<END
$2
END
	then
		fail "$1" "       got: $2
unexpected: $3"
	else
		pass "$1"
	fi
}

# succeeds DESCRIPTION COMMAND..., fails DESCRIPTION COMMAND...
succeeds()
{
	t_desc=$1
	shift
	if t_out=$("$@" 2>&1); then
		pass "$t_desc"
	else
		fail "$t_desc" "$* failed: $t_out"
	fi
}

fails()
{
	t_desc=$1
	shift
	if t_out=$("$@" 2>&1); then
		fail "$t_desc" "$* succeeded: $t_out"
	else
		pass "$t_desc"
	fi
}

# eventually DESCRIPTION COMMAND...: within five seconds, or longer on a slow kernel
eventually()
{
	t_desc=$1
	t_tries=$((50 * ${SLOW:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		t_tries=$((t_tries - 1))
		if [ $t_tries = 0 ]; then
			fail "$t_desc" "$* has not come true"
			return
		fi
		usleep 100000
	done
	pass "$t_desc"
}

# wait_for PID: until it has ended, for five seconds
wait_for()
{
	t_tries=50
	while kill -0 "$1" 2>/dev/null; do
		t_tries=$((t_tries - 1))
		[ $t_tries != 0 ] || return 1
		usleep 100000
	done
}

# A test that cannot run here ends with this.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 4
}

done_testing()
{
	echo "1..$t_count"
	[ $t_failed = 0 ]
	exit
}
