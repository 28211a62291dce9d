# SPDX-License-Identifier: GPL-2.0
#
# How stories are told: in steps, each of which says what it shows, shows what the machine
# says, and checks it.
# shellcheck shell=sh
. /tests/lib.sh

step=0
wrong=0

step()
{
	step=$((step + 1))
	echo
	echo "$step. $1"
}

# show COMMAND: runs it, as if typed
show()
{
	echo "     \$ $1"
	eval "$1" 2>&1 | sed 's/^/       /'
}

# check TEXT GOT EXPECTED
check()
{
	if [ "$2" = "$3" ]; then
		echo "     ok: $1: $2"
	else
		echo "     FAILED: $1: $2, but expected: $3"
		wrong=$((wrong + 1))
	fi
}

# Without its complaint of a library's configuration that is not there.
lspci()
{
	command lspci "$@" 2>/dev/null
}


end_story()
{
	echo
	if [ $wrong = 0 ]; then
		echo "Each step showed what it should."
	else
		echo "$wrong checks FAILED."
	fi
	t_count=0
	is "failed checks" $wrong 0
	done_testing
}
