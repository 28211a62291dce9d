# SPDX-License-Identifier: GPL-2.0
# A wrong target is refused with the right error and one line that names the device;
# the card stays held and as it was.
# topology: plugin
. /tests/lib.sh

handoff=$CLASS/$HELD/handoff

# refused ERRNO TEXT [DESCRIPTION]
refused()
{
	log_mark
	writes "$1" "$2" "$handoff" "$1 for ${3:-$2}"
	is "  one line names the device" "$(logged | grep -c "$HELD: ")" 1
	is "  the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
	is "  its decode is off" "$(decodes "$HELD")" none
	is "  no driver_override is left" "$(cat "$PCI/$HELD/driver_override")" "(null)"
	is "  configuration space is as before" "$(cfgsnap diff /run/held)" ""
}

loads ids=1234:1111
cfgsnap save /run/held
refused ENODEV no-such-driver "a driver that does not exist"
modprobe bochs
refused EINVAL bochs-drm "the card's own driver"
refused EINVAL virtio-pci "a driver for something else"
refused EINVAL pcieport "a driver that manages DMA, but of bridges"
refused EINVAL vga-stub "our own"
refused EINVAL bochs-drm/../x "what is no name"
refused EINVAL "vfio-pci extra" "two names"
refused EINVAL "$(yes x | head -n 300 | tr -d '\n')" "a name of 300 characters"
refused EINVAL " " "blanks"

for text in 0 2 x "" vfio-pci; do
	[ -z "$text" ] || writes EINVAL "$text" "$CLASS/$HELD/reclaim"
done
is "the card is still held" "$(class "$HELD" state)" held
unloads
done_testing
