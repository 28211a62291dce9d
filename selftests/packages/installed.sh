# SPDX-License-Identifier: GPL-2.0
# With kernel and initramfs of a machine that has the package, and the card's place in
# modprobe.d: the card is held from the first moment of boot, its twin is not, and a
# hand-off and back works.
# topology: early
. /tests/lib.sh

is "the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "its ROM was captured" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
is "nothing else is held" "$(claimed)" "$HELD"
is "the host's card has its driver" "$(basename "$(readlink "$PCI/$HOST"/virtio*/driver)")" virtio_gpu
is "its twin has bochs" "$(driver_of "$TWIN")" bochs-drm

modprobe vfio-pci
echo 1 >"/sys/class/vga_stub/$HELD/handoff"
is "it is handed off" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
echo 1 >"/sys/class/vga_stub/$HELD/reclaim"
is "and taken back" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
done_testing
