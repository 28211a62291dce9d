# SPDX-License-Identifier: GPL-2.0
# In a kernel that is locked down, for integrity and then for confidentiality, a card is
# claimed, its ROM captured, handed off, used, taken back and released as ever: none of
# that lets user space change the kernel or write to hardware. The kernel's own ways to
# hardware are closed meanwhile, and so is the way in for a module without a signature.
# area: faults
# topology: lockdown
# sanitizers: no
# replugs: yes
. /tests/lib.sh

level=/sys/kernel/security/lockdown

locked_down()
{
	echo "$1" >$level
	matches "$1: the kernel is locked down" "$(cat $level)" "\[$1\]"
	is "$1: pci-sysfs writes no configuration" "$(wr "$PCI/$HELD/config" x)" EPERM
	is "$1: and maps no BAR" "$(file-call "$PCI/$HELD/resource0" mmap)" "$2"
	is "$1: but configuration reads" "$(config "$HELD" 0 4)" 34121111

	log_mark
	succeeds "$1: the card is claimed" bind_to "$HELD" vga-stub
	is "$1: it is held" "$(class "$HELD" state)" held
	is "$1: and silent" "$(decodes "$HELD")" none
	is "$1: its ROM is captured" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
	succeeds "$1: byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
	writes 0 1 "$CLASS/$HELD/handoff"
	is "$1: handed off" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
	used=$(use "$HELD")
	matches "$1: a program maps its memory" "$used" '^bar0 size 0x1000000 mapped$'
	matches "$1: and uses it" "$used" '^ready$'
	writes 0 1 "$CLASS/$HELD/reclaim"
	is "$1: taken back" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
	is "$1: it is silent" "$(decodes "$HELD")" none
	unbind "$HELD"
	is "$1: released" "$(class "$HELD" state) $(decodes "$HELD")" "unbound io mem"
	lacks "$1: lockdown had nothing to say of us" "$(logged)" Lockdown:

	# So that the next claim is the first.
	echo 1 >"$PCI/$HELD/remove"
	echo 1 >/sys/bus/pci/rescan
}

mount -t securityfs securityfs /sys/kernel/security
matches "the kernel is not locked down" "$(cat $level)" '\[none\]'
loads
locked_down integrity EPERM
locked_down confidentiality EPERM
unloads
is "without a signature the module is not loaded again" "$(load 2>&1)" \
	"insmod: can't insert '/lib/vga_stub.ko': Operation not permitted"
umount /sys/kernel/security
done_testing
