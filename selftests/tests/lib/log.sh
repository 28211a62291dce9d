# SPDX-License-Identifier: GPL-2.0
#
# The kernel's log. A part of lib.sh.
# shellcheck shell=busybox

# Starts a window of the log; logged() prints it.
log_mark()
{
	t_mark="selftest: mark $$-$t_count"
	echo "$t_mark" >/dev/kmsg
}

logged()
{
	kernel-log "$t_mark"
}
