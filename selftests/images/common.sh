# SPDX-License-Identifier: GPL-2.0
#
# What the makers of initramfs images share. A copy of the root on top of itself gets
# module, hooks and configuration as a user would install them; what is written there is
# gone with the process.
#
# Usage, inside the lab and in a mount namespace: MAKER ABI MODULES KO OUT [OPTIONS]
#   ABI      the kernel
#   MODULES  the directory of its modules
#   KO       vga_stub.ko; none if empty
#   OUT      the image to write
#   OPTIONS  a line for /etc/modprobe.d
# shellcheck shell=bash disable=SC2034  # variables are for makers

set -euo pipefail

abi=$1
out=$4
root=$(mktemp -d)
mount -t tmpfs tmpfs "$root"
mkdir "$root"/{upper,work,top,modules,modules-work}
mount -t overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" overlay "$root/top"
top=$root/top
mkdir -p "$top/usr/lib/modules/$abi"
mount -t overlay -o "lowerdir=$2,upperdir=$root/modules,workdir=$root/modules-work" overlay \
	"$top/usr/lib/modules/$abi"
mount --bind /proc "$top/proc"
mount --bind /dev "$top/dev"
mount -t tmpfs tmpfs "$top/tmp"
mount -t tmpfs tmpfs "$top/run"

if [ -n "$3" ]; then
	mkdir "$top/usr/lib/modules/$abi/updates"
	cp "$3" "$top/usr/lib/modules/$abi/updates/vga_stub.ko"
	cp /src/packaging/modprobe.d/vga-stub.conf "$top/etc/modprobe.d/"
	cp -r /src/packaging/initramfs-tools/. "$top/usr/share/initramfs-tools/"
	cp -r /src/packaging/dracut/. "$top/usr/lib/dracut/modules.d/"
	[ -z "${5:-}" ] || echo "$5" >>"$top/etc/modprobe.d/vga-stub.conf"
fi
depmod -b "$top" "$abi"
