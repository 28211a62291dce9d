# SPDX-License-Identifier: GPL-2.0
# With a real initramfs the card is ours before udev has bochs loaded, which gets its
# twin, and virtio-gpu the host's card.
# area: claim
# topology: early earlydracut earlycmdline
# sanitizers: no
# once: yes
. /tests/lib.sh

is "the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "its ROM was captured" "$(class "$HELD" rom_source)" bar
is "its twin has bochs" "$(driver_of "$TWIN")" bochs-drm
is "the host's card has its driver" "$(basename "$(readlink "$PCI/$HOST"/virtio*/driver)")" virtio_gpu
is "nothing else is held" "$(claimed)" "$HELD"
lacks "bochs never had the card" "$(dmesg)" "bochs-drm $HELD"
done_testing
