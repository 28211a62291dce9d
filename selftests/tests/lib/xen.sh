# SPDX-License-Identifier: GPL-2.0
#
# Xen's dom0, and its toolstack from the lab. A part of lib.sh.
# shellcheck shell=busybox

# Xen's daemons run, and xl and its helpers write where they can.
open_dom0()
{
	open_root
	modprobe -a xenfs xen-privcmd xen-evtchn xen-gntdev xen-gntalloc
	mount -t xenfs xenfs /proc/xen
	mount -o bind /proc/xen $ROOT/proc/xen
	is "this is dom0" "$(cat /proc/xen/capabilities)" control_d
	mkdir -p /dev/pts
	mount -t devpts devpts $ROOT/dev/pts
	ln -sf pts/ptmx $ROOT/dev/ptmx
	mkdir -p $ROOT/run/xen $ROOT/run/xenstored $ROOT/run/lock $ROOT/var/log/xen
	in_root /usr/lib/xen-4.20/bin/xenstored --pid-file /run/xenstored.pid
	in_root timeout 20 /usr/lib/xen-4.20/bin/xen-init-dom0 >/run/init-dom0
	in_root /usr/lib/xen-4.20/bin/xenconsoled --log=guest --log-dir=/run/xen
}

# What Xen's programs have said is in the report if an assertion failed.
close_dom0()
{
	for t_daemon in xenconsoled xenstored; do
		kill -9 "$(pidof $t_daemon)"
	done
	sleep 1
	[ $t_failed = 0 ] || sed 's/^/# /' /run/init-dom0 /run/create /run/destroy $ROOT/run/xen/*.log $ROOT/var/log/xen/*.log
	umount $ROOT/dev/pts $ROOT/proc/xen /proc/xen
	close_root
}

xl()
{
	in_root timeout 90 xl "$@" 2>&1
}

create_domain()
{
	xl create /run/guest.cfg >>/run/create
}

# destroy_domain [WHAT:]: ends the one named "guest", and waits until it is gone
destroy_domain()
{
	xl destroy guest >>/run/destroy
	eventually "$1the guest is gone" is_no_domain
}

is_no_domain()
{
	t_domains=$(xl list) && ! echo "$t_domains" | grep -q '^guest '
}
