# SPDX-License-Identifier: GPL-2.0
# Cards that are plugged in are held before the host's driver sees them. Unplugged while
# held, handed off, unbound, read and moved: their directory goes, and nobody hangs.
# area: faults
# topology: hotplug hotplugnative
# replugs: yes
. /tests/lib.sh

unplug()
{
	ask monitor device_del id=card$port >/run/unplugged
	goes "$1"
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

keep_moving
unplug "read and moved"
movers_end
plug "after all that"
unloads
unbind "$HELD"
modprobe -r bochs
done_testing
