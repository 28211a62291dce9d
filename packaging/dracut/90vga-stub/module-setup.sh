#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# For dracut, as /usr/lib/dracut/modules.d/90vga-stub: puts vga_stub with its options into
# the image, and loads it before udev has a display driver loaded.

check()
{
	# Only where the kernel has the module.
	modinfo -k "${kernel:?}" vga_stub >/dev/null 2>&1
}

depends()
{
	:
}

installkernel()
{
	instmods vga_stub
}

install()
{
	local conf

	# dracut copies modprobe.d by itself only for images of this host.
	for conf in /etc/modprobe.d/*.conf; do
		if grep -qs 'vga[-_]stub' "$conf"; then
			inst_simple "$conf"
		fi
	done
	inst_hook pre-udev 00 "${moddir:?}/load.sh"
}
