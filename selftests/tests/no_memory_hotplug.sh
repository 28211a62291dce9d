# SPDX-License-Identifier: GPL-2.0
# The 1st, 2nd, ... allocation of removing a card that is held fails, and of what is done for
# one that is found: choosing it, and claiming it. Gone means gone with its directory; a card
# that was found is held, or has no driver, and then the log says why.
# area: faults
# topology: plugin
# sanitizers: only
# timeout: 240
. /tests/lib.sh

loads devices=00:03.0/00.0
held=$(failnth facts "$HELD")
matches "the card is held" "$held" "^driver=vga-stub state=held rom=bar decodes=none arbiter=none "
writes 0 1 "$PCI/$HELD/remove"
absent=$(failnth facts "$HELD")
matches "the card is gone" "$absent" "^driver=none state=- rom=- decodes=gone arbiter=- "
writes 0 1 /sys/bus/pci/rescan
is "the card is held again" "$(failnth facts "$HELD")" "$held"

allocations_can_fail outside iommu_group_release_dma_owner
succeeds "removing it: gone, or as before" failnth sweep "$HELD" "$held" "$absent" -- \
	write "$PCI/$HELD/remove" 1 -- write /sys/bus/pci/rescan 1
echo "# removing: $t_out"

# What the kernel itself allocates for a card that it finds must not fail: it warns in
# pci_device_add(), and panics in pdev_sort_resources() (7.2).
writes 0 1 "$PCI/$HELD/remove"
# Not claimed, though no other driver may have it; not even kept from others.
kept=$(echo "$held" | sed 's/^.* decodes=none arbiter=none/driver=none state=- rom=- decodes=io+mem arbiter=io+mem/')
free=$(echo "$kept" | sed 's/override=vga-stub/override=(null)/')
# The driver core's own part of binding can fail after ours: a released card.
released=$(echo "$kept" | sed 's/state=- rom=-/state=unbound rom=bar/')
no_rom=$(echo "$held" | sed 's/rom=bar/rom=none/')
for part in '.*bus.*Notifier.*call.*' device_initial_probe; do
	allocations_can_fail in "$part"
	log_mark
	succeeds "finding it: held, or there" failnth sweep "$HELD" "$absent" "$held" \
		"$kept" "$free" "$released" "$no_rom" -- \
		write /sys/bus/pci/rescan 1 -- write "$PCI/$HELD/remove" 1
	echo "# finding, in $part: $t_out"
	silent=$(echo "$t_out" | sed 's/.*, \([0-9]*\) of outcome 2, \([0-9]*\) of outcome 3, \([0-9]*\) of outcome 4,.*/\1 + \2 + \3/')
	said=$(logged | grep -cE "$HELD.*(no memory to (claim|reserve)|probe with driver vga-stub failed|driver_sysfs_add failed)")
	is "each card that was not claimed was mentioned" $((said >= silent)) 1
done
writes 0 1 /sys/bus/pci/rescan
unloads
done_testing
