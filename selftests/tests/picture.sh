# SPDX-License-Identifier: GPL-2.0
# A virtual machine that is given the boot card, with no ROM file, shows its boot text on
# the card's screen if vga-stub held the card before, and nothing if vfio-pci alone has
# taken it. The machine is a QEMU in this guest's QEMU, from the lab's root; what it boots
# is firmware/greeting.S. With UEFI firmware it runs the EFI image of the card's ROM, once, and
# shows on the card, while the arbiter counts as if the card were held.
# area: rom
# topology: shown shownuefi
# once: yes
# timeout: 600
# sanitizers: no
. /tests/lib.sh

# images: how many EFI images are in the ROM that vfio-pci shows to a guest
images()
{
	rm -f /run/rom
	use "$HELD" -r /run/rom >/run/out
	grep -ao '\[efi image\]' /run/rom 2>/dev/null | wc -l
}

open_lab
before=$(ask picture before held)
succeeds "vfio-pci takes the card from the firmware" bind_to "$HELD" vfio-pci
[ "$TOPOLOGY" = shown ] || leave_framebuffer "$HELD"
boot_machine "$HELD"
is "without vga-stub, the machine starts, and finds no ROM" "$(cat /run/machine.serial)" '!'
without=$(ask picture without held)
stop_machine
sed 's/^/# /' /run/machine.out
matches "its screen can be seen" "$without" "^(changed: [0-9]+|the first picture)$"
lacks "its boot text is not on the screen" "$without" "$GREETING"
[ "$TOPOLOGY" != shown ] ||
	is "what was on it before still is" "$(echo "$without" | tail -n +2)" "$(echo "$before" | tail -n +2)"
echo "# without: $(vga_writes) VGA writes, $machine_took s, $(echo "$without" | head -n 1)"
succeeds "no ROM was run" [ "$(vga_writes)" -lt 10 ]
is "nor would be with UEFI firmware: there is no EFI image" "$(images)" 0
unbind "$HELD"

loads ids="$(ids_of "$HELD")"
held=$(arbiter_count)
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine "$HELD"
is "with vga-stub, the machine starts" "$(cat /run/machine.serial)" '!'
with=$(ask picture with held)
stop_machine
sed 's/^/# /' /run/machine.out
matches "its boot text is on the screen" "$with" "$GREETING"
echo "# with: $(vga_writes) VGA writes, $machine_took s, $(echo "$with" | head -n 1)"
succeeds "the card's ROM was run" [ "$(vga_writes)" -gt 10000 ]
is "it has the EFI image, too" "$(images)" 1
succeeds "byte for byte" sh -c "head -c $(stat -c %s "$HELD_ROM") /run/rom | cmp - $HELD_ROM"

# Once is enough: what differs between the hosts is the ROM.
if [ "$TOPOLOGY" = shownuefi ]; then
	writes 0 none "$CLASS/$HELD/legacy"
	eventually "none: the host's card has the ranges" owns "$HOST"
	command=$(config "$HOST" 4 2)
	for card in held host; do ask picture "uefi-before-$card" $card >/run/before; done
	boot_uefi "$HELD"
	wait_for_uefi
	is "UEFI: the machine has run the EFI image once" "$(efi_images)" 1
	succeeds "UEFI: and goes on" kill -0 $uefi
	is "UEFI: the arbiter counts as if the card were held" "$(arbiter_count) $(arbiter_part "$HELD")" \
		"$held decodes=none locks=none(0:0)"
	matches "UEFI: it shows on the card" "$(ask picture uefi held)" "^changed: [1-9]"
	matches "UEFI: and not on the host's" "$(ask picture uefi-host host)" "^changed: 0$"
	is "UEFI: which is as before" "$(config "$HOST" 4 2)" "$command"
	stop_uefi
	sed 's/^/# /' /run/uefi.out
fi
writes 0 1 "$CLASS/$HELD/reclaim"
unloads

close_lab
done_testing
