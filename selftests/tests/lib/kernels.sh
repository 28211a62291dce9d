# SPDX-License-Identifier: GPL-2.0
#
# Tests that go on in another kernel, sleep, or end the machine. A part of lib.sh.
# shellcheck shell=busybox

# In which kernel of a test this is.
PHASE=${PHASE:-1}
# Where the next one finds the files that this one leaves there.
CARRIED=/carried

# next_kernel OPTION: loads this kernel again by kexec -l or -p. Started, it goes on with
# this test in the next phase; what is asserted between this and then is not counted.
next_kernel()
{
	t_words=$(sed 's/ crashkernel=[^ ]*//; s/ PHASE=.*//; s/ TESTS=.*//' /proc/cmdline)
	t_name=${0##*/}
	open_lab
	cat "$LAB$IMAGE" >/run/next.cpio
	mkdir -p $CARRIED
	find $CARRIED | sed 's|^/||' >/run/next.files
	(cd / && cpio -o -H newc) </run/next.files 2>/dev/null >>/run/next.cpio
	succeeds "the next kernel is loaded" chroot $LAB /usr/sbin/kexec -s "$1" --initrd=/run/next.cpio \
		--command-line="$t_words PHASE=$((PHASE + 1)) COUNT=$((t_count + 1)) FAILED=$t_failed TESTS=${t_name%.sh}" \
		"$KERNEL"
	rm /run/next.cpio
	[ $t_failed = 0 ] || done_testing
}

# hibernate COMMAND: writes the machine's memory to its disk and switches it off (ACPI S4).
# Switched on again, the firmware starts the kernel anew, which does what the command says,
# and goes back to this one. On topologies that have a disk, and ask.
hibernate()
{
	# The last MiB is for the command.
	t_sectors=$(cat /sys/block/vda/size)
	printf '%-512s' "$1" | dd of=/dev/vda seek=$((t_sectors - 1)) 2>/dev/null
	mkswap /dev/vda $((t_sectors / 2 - 1024)) >/dev/null
	swapon /dev/vda
	ask power-cycle >/run/cycle
	close_answers
	wr /sys/power/state disk
	swapoff /dev/vda
	open_answers
	ask monitor set-action reboot=shutdown >/run/cycle
}

# What init does first. Fails if another kernel sleeps there, and does not come back.
resume_from_disk()
{
	t_first=$(dd if=/dev/vda skip=$(($(cat /sys/block/vda/size) - 1)) count=1 2>/dev/null | tr -d '\0')
	[ -n "$t_first" ] || return 0
	sh -c "$t_first"
	wr /sys/power/resume "$(cat /sys/block/vda/dev)"
	return 1
}

# ends_with LINE: what the kernel is to say last when the test ends the machine, as it
# does next
ends_with()
{
	[ $t_failed = 0 ] || done_testing
	echo "1..$t_count"
	echo "#:ends $*"
}
