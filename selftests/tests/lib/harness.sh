# SPDX-License-Identifier: GPL-2.0
#
# What the harness answers. A part of lib.sh.
# shellcheck shell=busybox

# ask WORDS...: what the harness answers (harness/host.py), on topologies that say "asks"
ask()
{
	t_number=$(($(cat /run/asked 2>/dev/null) + 1))
	echo $t_number >/run/asked
	echo "#:ask $t_number $*" >/dev/ttyS1
	until [ -e /run/answers/$t_number ]; do
		usleep 100000
	done
	cat /run/answers/$t_number
}

# The directory of the answers. QEMU's 9p does not outlive a sleep of the machine.
open_answers()
{
	modprobe -a 9pnet_virtio 9p &&
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=none answers /run/answers
}

close_answers()
{
	umount /run/answers
	modprobe -r 9p 9pnet_virtio
}
