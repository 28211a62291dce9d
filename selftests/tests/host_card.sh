# SPDX-License-Identifier: GPL-2.0
# While the boot card is held, the host's own card gets a driver and shows a console.
# topology: igd uefi
. /tests/lib.sh

loads ids=1234:1111
modprobe virtio-gpu
is "the host's card has its driver" "$(driver_of "$HOST")" virtio-pci
eventually "it has a framebuffer" grep -q virtio_gpu /proc/fb
is "and a display that is connected" "$(cat /sys/class/drm/card*-Virtual-1/status)" connected
is "the held card is silent" "$(decodes "$HELD")" none
is "one card takes part in arbitration" "$(arbiter_count)" 1
# virtio-gpu cannot be unbound while the console is on it: the kernel warns of memory that
# is left (drm_mm_takedown()).
echo 0 >/sys/class/vtconsole/vtcon1/bind
echo "$HOST" >"$PCI/$HOST/driver/unbind"
modprobe -r virtio-gpu
unloads
echo "$HOST" >/sys/bus/pci/drivers_probe
done_testing
