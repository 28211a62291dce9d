# SPDX-License-Identifier: GPL-2.0
#
# The end of the story: a virtual machine that is given the boot card shows its boot screen
# on it. The harness takes pictures of the screen.
# timeout: 300
. /tests/story.sh

# picture NAME: whether the machine's text is on the screen
picture()
{
	if ask picture "$1" held | grep -q "$GREETING"; then
		echo yes
	else
		echo no
	fi
}

booted()
{
	if grep -q '!' /run/machine.serial; then
		echo yes
	else
		echo no
	fi
}

step "$HELD is the card that the machine booted with: Linux shows its ROM as the firmware left it."
echo 1 >"$PCI/$HELD/rom"
show "cat $PCI/$HELD/rom > /run/shadow"
echo 0 >"$PCI/$HELD/rom"
if [ -s /run/shadow ]; then
	echo "     bytes of it that are others than in the card: $(cmp -l /run/shadow "$HELD_ROM" 2>/dev/null | wc -l)"
else
	show "dmesg | grep -o 'Invalid PCI ROM .*' | tail -n 1"
fi

open_lab
step "Without vga-stub: vfio-pci takes the card, and a virtual machine boots with it."
bind_to "$HELD" vfio-pci
[ "$TOPOLOGY" = shown ] || leave_framebuffer "$HELD"
echo "     \$ $MACHINE -device vfio-pci,host=$HELD,x-vga=on ..."
boot_machine "$HELD"
check "the machine has booted" "$(booted)" yes
check "its boot text is on the screen" "$(picture without)" no
echo "     it wrote $(vga_writes) times to the card's VGA addresses"
stop_machine
grep -i ' rom' /run/machine.out | sed 's/^/       /'
unbind "$HELD"

step "With vga-stub: the card was held first. Nothing else is different."
show "insmod $MODULE ids=$(ids_of "$HELD")"
check "where its ROM was read" "$(class "$HELD" rom_source)" bar
show "echo 1 > $CLASS/$HELD/handoff"
boot_machine "$HELD"
check "the machine has booted" "$(booted)" yes
check "its boot text is on the screen" "$(picture with)" yes
echo "     it wrote $(vga_writes) times to the card's VGA addresses"
stop_machine
grep -i ' rom' /run/machine.out | sed 's/^/       /'
show "echo 1 > $CLASS/$HELD/reclaim"
check "state" "$(class "$HELD" state)" held
unload
close_lab
end_story
