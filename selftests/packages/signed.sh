# SPDX-License-Identifier: GPL-2.0
# With Secure Boot, and DKMS's key in the machine owner's list: the kernel is locked down
# and takes the module that DKMS has signed, but not the same module without its signature,
# or with a byte changed. The card is held, and a hand-off and back works.
# topology: secureboot
. /tests/lib.sh

mount -t securityfs securityfs /sys/kernel/security
modprobe vfio-pci
matches "the kernel is locked down" "$(cat /sys/kernel/security/lockdown)" '\[integrity\]'
is "the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
is "its ROM was captured" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
is "nothing else is held" "$(claimed)" "$HELD"
writes 0 1 "$CLASS/$HELD/handoff"
is "it is handed off" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
writes 0 1 "$CLASS/$HELD/reclaim"
is "and taken back" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"

# What was loaded, and what was done to it: a signature ends in a line of its own.
unxz -c /tests/vga_stub.ko.xz >/run/signed.ko
matches "the module is signed" "$(tail -c 28 /run/signed.ko)" '^~Module signature appended~$'
size=$(stat -c %s /run/signed.ko)
head -c $((size - 28)) /run/signed.ko >/run/unsigned.ko
cp /run/signed.ko /run/changed.ko
printf x | dd of=/run/changed.ko bs=1 seek=$((size / 2)) conv=notrunc 2>/dev/null
rmmod vga_stub
for how in unsigned changed; do
	matches "the $how module is refused" "$(insmod /run/$how.ko 2>&1)" "Key was rejected by service"
done
is "neither is loaded" "$(grep -c vga_stub /proc/modules)" 0
succeeds "the signed one is taken" insmod /run/signed.ko devices=00:03.0/00.0
is "and holds the card" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
umount /sys/kernel/security
done_testing
