# SPDX-License-Identifier: GPL-2.0
#
# Cards that come and go, on the machine "hotplug" and those like it. A part of lib.sh.
# shellcheck shell=busybox

# The last port that has got a card.
port=3

# plug WHEN: another card, which is held at once, and is HELD from now on
plug()
{
	port=$((port + 1))
	is "$1: another is plugged in" \
		"$(ask monitor device_add driver=bochs-display id=card$port bus=port$port addr=00.0)" "{}"
	eventually "$1: it is held" sh -c "cat $PCI/0000:00:0$port.0/0000:*/driver_override | grep vga-stub"
	HELD=$(basename "$(echo "$PCI/0000:00:0$port.0"/0000:*:00.0)")
	eventually "$1: and has its directory" grep -qx held "$CLASS/$HELD/state"
	succeeds "$1: its ROM is captured" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
	is "$1: it is silent" "$(decodes "$HELD")" none
}

# goes WHEN: HELD, and its directory
goes()
{
	eventually "$1: the card goes" sh -c "[ ! -e $PCI/$HELD ]"
	eventually "$1: its directory too" sh -c "[ ! -e $CLASS/$HELD ]"
}

# keep_moving: HELD is read, handed off and reclaimed in the background, until it is gone
keep_moving()
{
	sh -c "while cat $CLASS/$HELD/rom; do :; done" >/dev/null 2>&1 &
	reader=$!
	sh -c "while [ -e $CLASS/$HELD ]; do wr $CLASS/$HELD/handoff 1; wr $CLASS/$HELD/reclaim 1; done" >/run/moved 2>&1 &
	mover=$!
	sleep 1
}

movers_end()
{
	succeeds "the reader ends" wait_for "$reader"
	succeeds "and who moved it" wait_for "$mover"
}
