# SPDX-License-Identifier: GPL-2.0
# Many times to vfio-pci, used there, and back: configuration space, the bridge's
# control and the arbiter's line are the first held ones; released, the firmware's.
# The "split" card has four functions in three groups.
# area: move
# topology: plugin igd split
# timeout: 120
. /tests/lib.sh

last=${TWO:-$HELD}
cfgsnap save /run/boot
loads ids=1234:1111,8086:10c9,8086:293e
cfgsnap save /run/held
line=$(arbiter "$HELD")
count=$(arbiter_count)
bad=0
round=0
while [ $round -lt 50 ]; do
	round=$((round + 1))
	[ "$(wr "$CLASS/$HELD/handoff" vfio-pci)" = 0 ] || bad=$round
	use "$last" >/run/client.out || bad=$round
	[ "$(wr "$CLASS/$HELD/reclaim" 1)" = 0 ] || bad=$round
	cfgsnap diff /run/held || bad=$round
done
is "all of $round rounds went through" $bad 0
is "the arbiter's line is the first" "$(arbiter "$HELD")" "$line"
is "its count as well" "$(arbiter_count)" "$count"
is "decode is off" "$(decodes "$HELD")" none
succeeds "the captured ROM is there" test -r "$CLASS/$HELD/rom_source"
is "no task waits uninterruptibly" "$(grep -l '^State:.D' /proc/[0-9]*/status 2>/dev/null)" ""
unloads
# But for the legacy ranges, which the first claim gave to the card of the host.
is "released, configuration space is the firmware's" "$(cfgsnap diff-unrouted /run/boot)" ""
modprobe bochs
is "the host's driver works with it" "$(driver_of "$HELD")" bochs-drm
succeeds "and shows on it" ls "$PCI/$HELD/drm"
unbind "$HELD"
modprobe -r bochs
# With drivers that use the kernel's DMA interface: nobody owns the groups.
[ -z "${ONE:-}" ] || modprobe igb
for function in ${ONE:-} ${TWO:-}; do
	is "the host's driver works with $function" "$(driver_of "$function")" igb
	unbind "$function"
done
[ -z "${ONE:-}" ] || modprobe -r igb
done_testing
