# SPDX-License-Identifier: GPL-2.0
# On each machine as it is, the command sees what it saw when the machine was written down, and
# finds no failure. A report says the same as the machine.
# area: command
# topology: every
# fresh: yes
# unchanged: yes
# sanitizers: no
. /tests/lib.sh

# said [REPORT]: what list and doctor say, without the kernel's release
said()
{
	vga-stub ${1:+--root "$1"} list --all
	vga-stub ${1:+--root "$1"} doctor --json | grep -E '^ *"(id|level|subject|summary)": ' |
		sed -E 's/[0-9]+\.[0-9]+\.[0-9]+[-+][a-z0-9+.-]*/KERNEL/g'
}

record=
tree=/trees/lab-$TOPOLOGY.report
# With the ROM, or the report cannot tell what is in it.
vga-stub report --with-rom >/run/report
is "a report is written" $? 0
said >/run/said
is "the report says what the machine says" "$(said /run/report)" "$(cat /run/said)"
lacks "nothing fails while no card is named" "$(cat /run/said)" '"level": "fail"'
if [ -e "$tree" ]; then
	said "$tree" >/run/said.then
	is "the machine is as it was written down" "$(diff /run/said.then /run/said)" ""
else
	# A new one: selftests/record-trees writes it down.
	pass "the machine was not written down yet"
	record=yes
fi
if [ $t_failed != 0 ] || [ -n "$record" ]; then
	sed 's/^/#R /' /run/report
fi
is "nothing was loaded for it" "$(cut -d ' ' -f 1 /proc/modules | grep -vx -f /run/modules)" ""
done_testing
