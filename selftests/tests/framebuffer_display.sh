# SPDX-License-Identifier: GPL-2.0
# The firmware's framebuffer on a card of class 0x0380, which vfio-pci by itself leaves
# there. It is evicted at the claim, and who gets the card has all of its memory.
# area: claim
# topology: uefidisplay
# fresh: yes
. /tests/lib.sh

# The ends of the lines in /proc/iomem.
framebuffer=': (efifb|simpledrm|simple-framebuffer|BOOTFB)$'

modprobe simpledrm 2>/dev/null
is "the card is no VGA card" "$(cut -c 1-6 "$PCI/$HELD/class")" 0x0380
matches "the firmware's framebuffer is there" "$(cat /proc/iomem)" "$framebuffer"
bar=$(sed -n '1s/^0x0*\([0-9a-f]*\) .*/\1/p' "$PCI/$HELD/resource")
matches "at the start of the card's BAR 0" "$(grep -E "$framebuffer" /proc/iomem)" "^ *$bar-"
succeeds "and is a device" ls -d /dev/fb0

modprobe pci-stub
succeeds "pci-stub has the card" bind_to "$HELD" pci-stub
matches "which leaves the framebuffer" "$(cat /proc/iomem)" "$framebuffer"
unbind "$HELD"

loads ids="$(ids_of "$HELD")"
is "the card is held" "$(class "$HELD" state)" held
lacks "claimed, it is gone" "$(cat /proc/iomem)" "$framebuffer"
fails "and so is its device" test -e /dev/fb0
is "the card is silent" "$(decodes "$HELD")" none
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
matches "a program maps BAR 0" "$(cat /run/client.out)" '^bar0 size 0x1000000 mapped$'
matches "and BAR 2" "$(cat /run/client.out)" '^bar2 size 0x1000 mapped$'
matches "which are vfio-pci's now" "$(cat /proc/iomem)" "^ *$bar-.*: vfio"
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
done_testing
