# SPDX-License-Identifier: GPL-2.0
# The firmware's framebuffer is evicted from a card when it is claimed, so that the
# next driver gets the BAR. Stock kernels have efifb, the sanitizer kernel simpledrm.
# area: claim
# topology: uefi
# fresh: yes
. /tests/lib.sh

# The ends of the lines in /proc/iomem.
framebuffer=': (efifb|simpledrm|simple-framebuffer|BOOTFB)$'

modprobe simpledrm 2>/dev/null
matches "the firmware's framebuffer is on the card" "$(cat /proc/iomem)" "$framebuffer"
succeeds "and is a device" ls -d /dev/fb0
loads ids=1234:1111
lacks "claimed, it is gone" "$(cat /proc/iomem)" "$framebuffer"
fails "and so is its device" test -e /dev/fb0
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
matches "a program maps BAR 0" "$(cat /run/client.out)" '^bar0 size 0x1000000 mapped$'
matches "which is vfio-pci's now" "$(cat /proc/iomem)" ': vfio'
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
done_testing
