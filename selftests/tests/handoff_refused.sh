# SPDX-License-Identifier: GPL-2.0
# A wrong target is refused with the right error and one line that names the device;
# the card stays held and as it was.
# area: move
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
refused EINVAL vga_stub "our own module"
refused EINVAL "bochs group" "the card's own driver, by its module"

# A driver whose module fails to load: it is registered for eight seconds, and then gone.
insmod /lib/fussy.ko fail_after=8000 2>/dev/null &
insmod=$!
eventually "it is registered" test -e /sys/bus/pci/drivers/fussy
refused ENODEV fussy "a driver whose module is being loaded"
is "  it was still there" "$(ls -d /sys/bus/pci/drivers/fussy)" /sys/bus/pci/drivers/fussy
wait $insmod

# What the firmware wants mapped cannot be a guest's: that is no user's fault.
insmod /lib/reserved.ko "device=$HELD"
log_mark
writes EINVAL 1 "$handoff" "EINVAL for a group with reserved memory"
matches "  the log says so" "$(logged)" \
	"$HELD: nothing moved: IOMMU group [0-9]+ has memory that the firmware reserves \(RMRR\): not for guests$"
is "  the card is held" "$(driver_of "$HELD") $(cfgsnap diff /run/held)" "vga-stub "
rmmod reserved

# Who may not load modules: uid 0 in a container, or a service with ProtectKernelModules.
modprobe -r vfio-pci pci-stub 2>/dev/null
log_mark
is "EPERM for who may not load modules" "$(wr -m "$handoff" pci-stub)" EPERM
matches "  the log says so" "$(logged)" \
	"$HELD: nothing moved: pci-stub is no driver's name, and loading its module takes CAP_SYS_MODULE$"
fails "  it is not loaded" grep -q '^pci_stub ' /proc/modules
is "ENODEV for pciback, which is asked for" "$(wr -m "$handoff" xen_pciback)" ENODEV
fails "vfio-pci is not loaded yet" grep -q '^vfio_pci ' /proc/modules
is "what the parameter names may be asked for by anybody" "$(wr -m "$handoff" vfio_pci)" 0
is "  it has the card" "$(driver_of "$HELD")" vfio-pci
writes 0 1 "$CLASS/$HELD/reclaim"
is "  configuration space is as before" "$(cfgsnap diff /run/held)" ""
refused EINVAL "$(yes x | head -n 300 | tr -d '\n')" "a name of 300 characters"
refused EINVAL " " "blanks"

# explained ERRNO TEXT DESCRIPTION WHY
explained()
{
	log_mark
	writes "$1" "$2" "$handoff" "$1 for $3"
	matches "  the log says what and why" "$(logged)" "$HELD: nothing moved: $4$"
}
explained ENODEV no_such_driver "a driver that does not exist" "no_such_driver is no driver's name"
for name in vga-stub vga_stub; do
	explained EINVAL $name "our own" "$name is this module's own driver; write 1 to reclaim to take a card back"
done
modprobe bochs
explained EINVAL bochs "what holds nothing for guests" "bochs does not hold devices for guests"
explained EINVAL "a b" "two words" "handoff takes a driver's name, or 1, and then \"card\" or \"group\""
log_mark
writes EINVAL 2 "$CLASS/$HELD/reclaim"
matches "  the log says what can be written" "$(logged)" \
	"$HELD: nothing moved: reclaim takes 1, and then \"card\" or \"group\"$"

for text in 0 2 x "" vfio-pci; do
	[ -z "$text" ] || writes EINVAL "$text" "$CLASS/$HELD/reclaim"
done
is "the card is still held" "$(class "$HELD" state)" held
unloads
done_testing
