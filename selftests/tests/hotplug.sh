# SPDX-License-Identifier: GPL-2.0
# Cards that are plugged in are held before the host's driver sees them. Unplugged while
# held, handed off, unbound, read and moved: their directory goes, and nobody hangs.
# topology: hotplug hotplugnative
# timeout: 120
# replugs: yes
. /tests/lib.sh

port=3

unplug()
{
	ask monitor device_del id=card$port >/run/unplugged
	eventually "$1: the card goes" sh -c "[ ! -e $PCI/$HELD ]"
	eventually "$1: its directory too" sh -c "[ ! -e $CLASS/$HELD ]"
}

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

modprobe bochs
unbind "$HELD"
loads devices=00:03.0/00.0=1234:1111,00:04.0/00.*,00:05.0/00.0,00:06.0/00.0,00:07.0/00.0
is "the card is held" "$(claimed)" "$HELD"
unplug held
plug "after held"
writes 0 1 "$CLASS/$HELD/handoff"
unplug "handed off"
plug "after handed off"
unbind "$HELD"
unplug unbound
plug "after unbound"

sh -c "while cat $CLASS/$HELD/rom; do :; done" >/dev/null 2>&1 &
reader=$!
sh -c "while [ -e $CLASS/$HELD ]; do wr $CLASS/$HELD/handoff 1; wr $CLASS/$HELD/reclaim 1; done" >/run/moved 2>&1 &
mover=$!
sleep 1
unplug "read and moved"
succeeds "the reader ends" wait_for $reader
succeeds "and who moved it" wait_for $mover
plug "after all that"
unloads
unbind "$HELD"
modprobe -r bochs
done_testing
