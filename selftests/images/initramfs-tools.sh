#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An image by mkinitramfs, with two display drivers that udev will load.
# shellcheck source=selftests/images/common.sh
. "$(dirname "$0")/common.sh"

"$(dirname "$0")/configure" "$top/etc/initramfs-tools"
chroot "$top" mkinitramfs -o /tmp/image "$abi"
cp "$top/tmp/image" "$out"
