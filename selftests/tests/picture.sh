# SPDX-License-Identifier: GPL-2.0
# A virtual machine that is given the boot card, with no ROM file, shows its boot text on
# the card's screen if vga-stub held the card before, and nothing if vfio-pci alone has
# taken it. The machine is a QEMU in this guest's QEMU, from the lab's root; what it boots
# is firmware/greeting.S.
# topology: shown shownuefi
# once: yes
# timeout: 600
. /tests/lib.sh

LAB=/run/lab
GREETING='^This is the screen of a virtual machine\.$'
PATIENCE=200

# boot_machine: until it has said hello on its serial port, or for PATIENCE seconds
boot_machine()
{
	rm -f /run/machine.*
	: >/run/machine.serial
	chroot $LAB qemu-system-x86_64 -accel tcg -machine pc -m 128 -nodefaults \
		-vga none -display none -device "vfio-pci,host=$HELD,x-vga=on" \
		-drive file=/run/greeting.img,format=raw,if=ide \
		-serial file:/run/machine.serial -d trace:vfio_vga_write -D /run/machine.trace \
		>/run/machine.out 2>&1 &
	machine=$!
	since=$(cut -d . -f 1 /proc/uptime)
	until grep -q '!' /run/machine.serial; do
		took=$(($(cut -d . -f 1 /proc/uptime) - since))
		if ! kill -0 $machine || [ $took -ge $PATIENCE ]; then
			break
		fi
		sleep 1
	done
	took=$(($(cut -d . -f 1 /proc/uptime) - since))
}

stop_machine()
{
	kill $machine
	wait $machine
	cat /run/machine.out
}

# What the machine wrote to the card's legacy addresses: registers and screen.
vga_writes()
{
	grep -c ^vfio_vga_write /run/machine.trace
}

# QEMU's VGA has the mode that UEFI uses switched off by registers that are not for guests
# (0x1ce), and no reset does it. A real card's ROM does; so here is what it would do. They
# are at 0x500 of BAR 2 as well, the fifth is what enables the mode.
leave_framebuffer()
{
	devmem $(($(sed -n '3s/ .*//p' "$PCI/$HELD/resource") + 0x500 + 2 * 4)) 16 0
}

mkdir $LAB
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose lab $LAB
mount -o bind /dev $LAB/dev
mount -o bind /proc $LAB/proc
mount -o bind /sys $LAB/sys
mount -o bind /run $LAB/run
cp /roms/greeting.img /run
modprobe vfio_iommu_type1
modprobe vfio-pci

before=$(ask picture before held)
succeeds "vfio-pci takes the card from the firmware" bind_to "$HELD" vfio-pci
[ "$TOPOLOGY" = shown ] || leave_framebuffer
boot_machine
is "without vga-stub, the machine starts, and finds no ROM" "$(cat /run/machine.serial)" '!'
without=$(ask picture without held)
stop_machine
lacks "its boot text is not on the screen" "$without" "$GREETING"
[ "$TOPOLOGY" != shown ] ||
	is "what was on it before still is" "$(echo "$without" | tail -n +2)" "$(echo "$before" | tail -n +2)"
echo "# without: $(vga_writes) VGA writes, $took s, $(echo "$without" | head -n 1)"
succeeds "no ROM was run" [ "$(vga_writes)" -lt 10 ]
unbind "$HELD"

loads ids="$(ids_of "$HELD")"
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine
is "with vga-stub, the machine starts" "$(cat /run/machine.serial)" '!'
with=$(ask picture with held)
stop_machine
matches "its boot text is on the screen" "$with" "$GREETING"
echo "# with: $(vga_writes) VGA writes, $took s, $(echo "$with" | head -n 1)"
succeeds "the card's ROM was run" [ "$(vga_writes)" -gt 10000 ]
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

umount $LAB/run $LAB/sys $LAB/proc $LAB/dev $LAB
rmdir $LAB
done_testing
