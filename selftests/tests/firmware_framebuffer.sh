# SPDX-License-Identifier: GPL-2.0
# The firmware's framebuffer is evicted from a card when it is claimed, so that the
# next driver gets the BAR.
# topology: uefi
# fresh: yes
. /tests/lib.sh

matches "efifb is on the card" "$(cat /proc/iomem)" ': efifb$'
loads ids=1234:1111
lacks "claimed, efifb is gone" "$(cat /proc/iomem)" ': efifb$'
fails "and so is its framebuffer device" test -e /dev/fb0
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
matches "a program maps BAR 0" "$(cat /run/client.out)" '^bar0 size 0x1000000 mapped$'
matches "which is vfio-pci's now" "$(cat /proc/iomem)" ': vfio'
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
done_testing
