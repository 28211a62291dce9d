#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An image by dracut, with two display drivers that udev will load.
# shellcheck source=selftests/images/common.sh
. "$(dirname "$0")/common.sh"

mkdir "$top/usr/lib/dracut/modules.d/99selftest"
install -m 755 "$(dirname "$0")/start" "$top/usr/lib/dracut/modules.d/99selftest/selftest.sh"
cat >"$top/usr/lib/dracut/modules.d/99selftest/module-setup.sh" <<'END'
#!/bin/bash
check() { :; }
install()
{
	inst_multiple chroot cat
	inst_hook initqueue/settled 99 "$moddir/selftest.sh"
}
END
extra=()
[ -z "$3" ] || extra=(vga-stub)
chroot "$top" dracut --quiet --kver "$abi" --no-hostonly --no-early-microcode --gzip \
	--modules "base udev-rules kernel-modules rootfs-block ${extra[*]} selftest" \
	--drivers "bochs virtio-gpu virtio-pci" --tmpdir /tmp /tmp/image
cp "$top/tmp/image" "$out"
