#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An image by mkinitramfs, with two display drivers that udev will load.
# shellcheck source=selftests/images/common.sh
. "$(dirname "$0")/common.sh"

cat >"$top/etc/initramfs-tools/hooks/selftest" <<'END'
#!/bin/sh
case ${1:-} in
prereqs)
	exit 0
	;;
esac
. /usr/share/initramfs-tools/hook-functions
manual_add_modules bochs virtio-gpu virtio-pci
END
chmod +x "$top/etc/initramfs-tools/hooks/selftest"
cp "$root/selftest" "$top/etc/initramfs-tools/scripts/init-premount/selftest"
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=gzip/' \
	"$top/etc/initramfs-tools/initramfs.conf"
chroot "$top" mkinitramfs -o /tmp/image "$abi"
cp "$top/tmp/image" "$out"
