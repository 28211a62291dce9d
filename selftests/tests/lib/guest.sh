# SPDX-License-Identifier: GPL-2.0
#
# A virtual machine in this machine. A part of lib.sh.
# shellcheck shell=busybox

LAB=/run/lab
MACHINE="qemu-system-x86_64 -accel tcg -machine pc -m 128 -nodefaults -vga none -display none"
# What firmware/greeting.S says, as a line of the screen.
# shellcheck disable=SC2034  # for tests
GREETING='^This is the screen of a virtual machine\.$'

# QEMU is the lab's, and so is all that it needs; for topologies that say "asks".
open_lab()
{
	mkdir $LAB
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose lab $LAB
	for t_dir in dev proc sys run; do
		mount -o bind /$t_dir $LAB/$t_dir
	done
	cp /roms/greeting.img /run
	modprobe vfio_iommu_type1
	modprobe vfio-pci
}

close_lab()
{
	umount $LAB/run $LAB/sys $LAB/proc $LAB/dev $LAB
	rmdir $LAB
}

# The lab's root as one that can be written to, with the kernel's modules: for programs
# that keep state, like libvirt. What they write is gone at the end.
ROOT=/run/root
open_root()
{
	open_lab
	mkdir $ROOT /run/written
	mount -t tmpfs tmpfs /run/written
	mkdir /run/written/upper /run/written/work
	modprobe overlay
	mount -t overlay -o lowerdir=$LAB,upperdir=/run/written/upper,workdir=/run/written/work \
		overlay $ROOT
	for t_dir in dev proc sys; do
		mount -o bind /$t_dir $ROOT/$t_dir
	done
	mount -t tmpfs tmpfs $ROOT/run
	mount -t tmpfs tmpfs $ROOT/tmp
	mkdir -p $ROOT/usr/lib/modules
	mount -o bind /lib/modules $ROOT/usr/lib/modules
}

# in_root COMMAND...: udev's tools would not work in what they take for a chroot
in_root()
{
	SYSTEMD_IGNORE_CHROOT=1 PATH=/usr/sbin:/usr/bin chroot $ROOT "$@"
}

close_root()
{
	# Who is still in there.
	for t_dir in /proc/[0-9]*; do
		[ "$(readlink "$t_dir/root")" != $ROOT ] || kill -9 "${t_dir#/proc/}"
	done
	usleep 500000
	umount $ROOT/usr/lib/modules $ROOT/tmp $ROOT/run $ROOT/sys $ROOT/proc $ROOT/dev $ROOT /run/written
	rmdir $ROOT /run/written
	close_lab
}

# Starts Debian's libvirt in the lab's root. It must neither confine nor count what it starts: there
# is no systemd, and the root is an overlay.
open_libvirt()
{
	mkdir -p $ROOT/etc/libvirt
	cat >$ROOT/etc/libvirt/libvirtd.conf <<-END
		auth_unix_rw = "none"
		log_outputs = "2:file:/run/libvirtd.log"
	END
	cat >$ROOT/etc/libvirt/qemu.conf <<-END
		user = "root"
		group = "root"
		security_driver = "none"
		cgroup_controllers = [ ]
		namespaces = [ ]
		stdio_handler = "file"
		remember_owner = 0
	END
	in_root libvirtd >/run/libvirtd.out 2>&1 &
	libvirtd=$!
	t_tries=100
	until in_root virsh connect qemu:///system >/dev/null 2>&1 || [ $t_tries = 0 ]; do
		t_tries=$((t_tries - 1))
		kill -0 $libvirtd || break
		usleep 500000
	done
}

# Ends it; if something has failed, shows what it said.
close_libvirt()
{
	kill $libvirtd
	wait $libvirtd
	[ $t_failed = 0 ] || sed 's/^/# /' $ROOT/run/libvirtd.log /run/libvirtd.out
}

virsh()
{
	in_root virsh "$@" 2>&1
}

# boot_machine BDF [ROM] [iommufd]: boots one that shows on that card, with the ROM of that file if
# one is named, and by vfio's file and an iommufd if that is said. Returns when the machine has said
# on its serial port that it is done, or is gone, or late.
boot_machine()
{
	t_by="-device vfio-pci,host=$1,x-vga=on${2:+,romfile=$2}"
	[ -z "${3:-}" ] || t_by="-object iommufd,id=iommufd0 $t_by,iommufd=iommufd0"
	: >/run/machine.serial
	: >/run/machine.trace
	# shellcheck disable=SC2086  # words
	chroot $LAB $MACHINE $t_by -drive file=/run/greeting.img,format=raw,if=ide \
		-serial file:/run/machine.serial -d trace:vfio_vga_write -D /run/machine.trace \
		>/run/machine.out 2>&1 &
	machine=$!
	await_machine /run/machine.serial kill -0 "$machine"
}

# await_machine SERIAL COMMAND...: waits until a machine that is started now has said on its serial
# port that it is done, or is gone, as the command then says, or late
await_machine()
{
	t_serial=$1
	shift
	t_since=$(cut -d . -f 1 /proc/uptime)
	until grep -q '!' "$t_serial"; do
		machine_took=$(($(cut -d . -f 1 /proc/uptime) - t_since))
		if ! "$@" 2>/dev/null || [ $machine_took -ge $((200 * ${SLOW:-1})) ]; then
			break
		fi
		sleep 1
	done
}

# Ends it; what its QEMU said is in /run/machine.out.
stop_machine()
{
	kill "$machine"
	wait "$machine"
}

# What the machine wrote to the legacy addresses of its card: registers and screen.
vga_writes()
{
	grep -c ^vfio_vga_write /run/machine.trace
}

# boot_uefi BDF: starts one with UEFI firmware and that card, without legacy VGA, in the background
boot_uefi()
{
	cp $LAB/usr/share/OVMF/OVMF_VARS_4M.fd /run/uefi.variables
	: >/run/uefi.serial
	: >/run/uefi.debug
	# shellcheck disable=SC2086  # words
	chroot $LAB $MACHINE -device "vfio-pci,host=$1" \
		-drive if=pflash,format=raw,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
		-drive if=pflash,format=raw,file=/run/uefi.variables -serial file:/run/uefi.serial \
		-debugcon file:/run/uefi.debug -global isa-debugcon.iobase=0x402 >/run/uefi.out 2>&1 &
	uefi=$!
}

# wait_for_uefi: until its firmware has run all ROMs and boots
wait_for_uefi()
{
	t_tries=$((300 * ${SLOW:-1}))
	until grep -q BdsDxe: /run/uefi.serial || ! kill -0 $uefi 2>/dev/null || [ $t_tries = 0 ]; do
		t_tries=$((t_tries - 1))
		sleep 1
	done
}

# How often the EFI image in both.rom was run.
efi_images()
{
	grep -o '\[efi image\]' /run/uefi.debug | wc -l
}

stop_uefi()
{
	kill $uefi
	wait $uefi
}

# QEMU's VGA has the mode that UEFI uses switched off by registers that are not for guests
# (0x1ce), and no reset does it. A real card's ROM does; so here is what it would do. They
# are at 0x500 of BAR 2 as well, the fifth is what enables the mode.
leave_framebuffer()
{
	devmem $(($(sed -n '3s/ .*//p' "$PCI/$1/resource") + 0x500 + 2 * 4)) 16 0
}
