# SPDX-License-Identifier: GPL-2.0
# While a card is held, the host's own card has its driver and shows a console.
# area: claim
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111
is "the host's card has its driver" "$(driver_of "$HOST")" virtio-pci
succeeds "it has a framebuffer" grep -q virtio_gpu /proc/fb
is "and a display that is connected" "$(cat /sys/class/drm/card*-Virtual-1/status)" connected
is "the held card is silent" "$(decodes "$HELD")" none
is "one card takes part in arbitration" "$(arbiter_count)" 1
unloads
done_testing
