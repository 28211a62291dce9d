# SPDX-License-Identifier: GPL-2.0
# A driver that is built into the kernel has its card first at every boot. The line about such a
# card advises no softdep, which would do nothing, and how it says to claim the card works.
# area: claim
# topology: smp
. /tests/lib.sh

# virtio-pci is built in. No virtio-gpu sits on it here: when that one is unbound soon after it
# was bound, it frees its buffers after the device, and the kernel warns (drm_mm_takedown).
driver=$(driver_of "$HOST")
log_mark
loads "ids=$(ids_of "$HOST")" "devices=$HOST"
matches "a driver that is built in is said to be" "$(logged)" "$HOST: not claimed: $driver has it, \
which is built into the kernel and always first. To claim it now: write vga-stub to its \
driver_override, its address to its driver/unbind if it has a driver, then to \
/sys/bus/pci/drivers_probe \[builtin-host\]\$"
lacks "no softdep for it" "$(logged)" softdep
echo vga-stub >"$PCI/$HOST/driver_override"
unbind "$HOST"
echo "$HOST" >/sys/bus/pci/drivers_probe
is "what the line says works" "$(driver_of "$HOST") $(class "$HOST" state)" "vga-stub held"
echo >"$PCI/$HOST/driver_override"
unloads
bind_to "$HOST" "$driver"
done_testing
