# SPDX-License-Identifier: GPL-2.0
#
# The story that "make demo" tells. Each step says what it shows, shows what the
# machine says, and checks it.
# timeout: 100
. /tests/story.sh

step "Two graphics cards: $HOST is the host's, $HELD is for a virtual machine."
show "lspci -nk -s $HOST"
show "lspci -nk -s $HELD"
check "both answer at the legacy VGA addresses, and the kernel's arbiter counts" \
	"$(arbiter_count)" 2
check "what the second decodes, by its COMMAND register" "$(decodes "$HELD")" "io mem"

step "What one does today: pci-stub keeps drivers away, but the card goes on decoding."
modprobe pci-stub
bind_to "$HELD" pci-stub
check "cards that the arbiter counts" "$(arbiter_count)" 2
unbind "$HELD"

step "vga-stub claims the card, and it is quiet: no decode, no bus master, no party in arbitration."
show "insmod $MODULE ids=$(ids_of "$HELD")"
show "lspci -nk -s $HELD"
check "what the card decodes" "$(decodes "$HELD")" none
check "what the arbiter has it decode" "$(arbiter "$HELD" | cut -d , -f 1)" decodes=none
check "cards that the arbiter counts" "$(arbiter_count)" 1

step "Its option ROM was captured when it was claimed, from the card and not from POST's leftovers."
show "cd $CLASS/$HELD && stat -c '%A %5s %n' rom rom_source rom_status state handoff reclaim"
check "where it is from" "$(class "$HELD" rom_source)" bar
check "what is wrong with it" "$(class "$HELD" rom_status)" ok
show "md5sum $CLASS/$HELD/rom $HELD_ROM"
check "compared with the file that the card was made with" \
	"$(cmp "$CLASS/$HELD/rom" "$HELD_ROM" && echo "equal, $(stat -c %s "$HELD_ROM") bytes")" \
	"equal, $(stat -c %s "$HELD_ROM") bytes"

step "Meanwhile the host's card is the only one, and gets the legacy ranges when a program asks."
show "vga-lock 'target PCI:$HOST' 'lock io+mem' read"
check "what the held card decodes, with that" "$(decodes "$HELD")" none

step "One write hands the card to vfio-pci, decode as the firmware had set it."
show "echo vfio-pci > $CLASS/$HELD/handoff"
check "state" "$(class "$HELD" state)" handed-off
check "driver" "$(driver_of "$HELD")" vfio-pci
check "what the card decodes" "$(decodes "$HELD")" "io mem"

step "A program takes it through VFIO, as QEMU would: each BAR is mapped, and its ROM read."
modprobe vfio_iommu_type1
show "vfio-client -r /run/rom $HELD"
check "the ROM that a guest would see is the card's" \
	"$(head -c "$(stat -c %s "$HELD_ROM")" /run/rom | cmp - "$HELD_ROM" && echo equal)" equal

step "While the program has it, it cannot be taken back: an error at once, and nothing changes."
keep_using "$HELD" >/dev/null
check "writing 1 to reclaim" "$(wr "$CLASS/$HELD/reclaim" 1)" EBUSY
check "driver" "$(driver_of "$HELD")" vfio-pci
kill "$client"
wait "$client" 2>/dev/null

step "The program is gone: one write takes the card back, quiet again."
show "echo 1 > $CLASS/$HELD/reclaim"
check "state" "$(class "$HELD" state)" held
check "what the card decodes" "$(decodes "$HELD")" none
check "cards that the arbiter counts" "$(arbiter_count)" 1

step "Without the module, everything is as the firmware left it."
show "rmmod vga_stub"
check "driver" "$(driver_of "$HELD")" none
check "what the card decodes" "$(decodes "$HELD")" "io mem"
check "cards that the arbiter counts" "$(arbiter_count)" 2
check "bytes of configuration space that differ" "$(cfgsnap diff /run/config | wc -l)" 0

end_story
