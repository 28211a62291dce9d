# SPDX-License-Identifier: GPL-2.0
# The doctor says what the next boot will lack: the module for its kernel, Rust, the module in the
# initramfs, the options in it.
# area: command
# topology: plugin
# sanitizers: no
. /tests/lib.sh

open_lab
release=$(uname -r)
# The lab's lsinitramfs, on files that both see.
printf '#!/bin/sh\nexec chroot %s /usr/bin/lsinitramfs "$@"\n' $LAB >/bin/lsinitramfs
chmod 755 /bin/lsinitramfs
mkdir -p /run/boot /boot /etc/modprobe.d
mount -o bind /run/boot /boot
mkdir -p /run/empty
cd /run/empty && find . | cpio -o -H newc >/boot/initrd.img-"$release" 2>/dev/null
cd / || exit
: >/boot/vmlinuz-"$release"
# The list is in the package linux-image, which the lab does not unpack; the kernel tells as well.
for driver in /sys/bus/pci/drivers/*; do
	[ ! -e "$driver/module" ] || [ -e "$driver/module/initstate" ] ||
		echo "kernel/builtin/$(basename "$(realpath "$driver/module")").ko"
done >"/lib/modules/$release/modules.builtin"
mv "/lib/modules/$release/modules.dep" /run/modules.dep
(cat /run/modules.dep; echo updates/vga_stub.ko:) >"/lib/modules/$release/modules.dep"
echo "options vga_stub devices=$HELD" >/etc/modprobe.d/card.conf
grep -h -E '^CONFIG_(RUST|RUSTC_VERSION_TEXT|INTEL_IOMMU)' "$LAB$(dirname "$KERNEL")/config" \
	"$LAB$(dirname "$(dirname "$(dirname "$(dirname "$KERNEL")")")")/boot/config-$release" \
	>/boot/config-"$release" 2>/dev/null

loads "devices=$HELD,$HOST"
mount -o bind /run/boot $LAB/boot 2>/dev/null
found >/run/found
finds "the image lacks the module" "fail initramfs-module boot"
finds "virtio-pci is built in, and has the host's card" "fail builtin-host $HOST"
unloads

mkdir -p /run/empty/usr/lib/modules/x /run/empty/etc/modprobe.d
cp $MODULE /run/empty/usr/lib/modules/x
cp /etc/modprobe.d/card.conf /run/empty/etc/modprobe.d
# As distributions make them: microcode as it is, and the rest compressed.
mkdir -p /run/early/kernel/x86/microcode
cd /run/early && find . | cpio -o -H newc >/boot/initrd.img-"$release" 2>/dev/null
cd /run/empty && find . | cpio -o -H newc 2>/dev/null | gzip >>/boot/initrd.img-"$release"
cd / || exit
loads "devices=$HELD"
touch -d '2038-01-01 00:00' /etc/modprobe.d/card.conf
found >/run/found
lacks "the image has the module, and the same options" "$(cat /run/found)" initramfs
echo "options vga_stub devices=$HELD,$HOST" >/etc/modprobe.d/card.conf
touch -d '2000-01-01 00:00' /etc/modprobe.d/card.conf
found >/run/found
finds "the options are others, whatever their time" "warn initramfs-options boot"
matches "it has been looked into the image" "$(vga-stub doctor --verbose)" \
	"/boot/initrd.img-.*: etc/modprobe.d/card.conf:"
# What cannot be looked into is judged by its time.
echo "no image" >/boot/initrd.img-"$release"
touch -d '2038-01-01 00:00' /etc/modprobe.d/card.conf
printf '#!/bin/sh\necho usr/lib/modules/x/vga_stub.ko\n' >/bin/lsinitramfs
found >/run/found
finds "the options are newer" "warn initramfs-options boot"
echo "options vga_stub devices=$HELD" >/etc/modprobe.d/card.conf
touch -d '2000-01-01 00:00' /etc/modprobe.d/card.conf

: >/boot/vmlinuz-99.1
mkdir /lib/modules/99.1
echo kernel/none.ko: >/lib/modules/99.1/modules.dep
echo CONFIG_SMP=y >/boot/config-99.1
found >/run/found
finds "no module for the next kernel" "fail dkms-kernel boot"
finds "which has no Rust" "fail no-rust boot"
echo "options vfio-pci ids=$(ids_of "$HELD")" >/etc/modprobe.d/rival.conf
found >/run/found
finds "another tool claims the card" "warn rival $HELD"
unloads

rm -r /lib/modules/99.1 /etc/modprobe.d /bin/lsinitramfs /run/empty
rm "/lib/modules/$release/modules.builtin"
mv /run/modules.dep "/lib/modules/$release/modules.dep"
umount $LAB/boot 2>/dev/null
umount /boot
close_lab
done_testing
