# SPDX-License-Identifier: GPL-2.0
# The functions of a group move together, whichever of them is written to: all of them,
# or none. Companions are held without ROM and arbitration.
# area: group
# topology: multifunction
. /tests/lib.sh

all=$HELD,$AUDIO,$USB

# states: what the three directories say
states()
{
	echo "$(class "$HELD" state) $(class "$AUDIO" state) $(class "$USB" state)"
}

held="vga-stub vga-stub vga-stub"
moved="vfio-pci vfio-pci vfio-pci"

loads ids=1234:1111,8086:293e,1b36:000d
is "all are held" "$(drivers)" "$held"
is "all say so" "$(states)" "held held held"
is "they are one group" "$(for f in $HELD $AUDIO $USB; do
	basename "$(readlink "$PCI/$f/iommu_group")"; done | sort -u | wc -l)" 1
for function in $AUDIO $USB; do
	is "$function is quiet" "$(decodes "$function")" none
	is "$function has no ROM" \
		"$(class "$function" rom_source) $(class "$function" rom_status)" "none none"
	fails "$function has no rom file" test -e "$CLASS/$function/rom"
done
cfgsnap save /run/held

for function in $HELD $AUDIO $USB; do
	writes 0 1 "$CLASS/$function/handoff"
	is "by $function all go" "$(drivers)" "$moved"
	is "by $function all say so" "$(states)" "handed-off handed-off handed-off"
	matches "by $function a program gets one" "$(use "$USB")" '^ready$'
	writes 0 1 "$CLASS/$function/reclaim"
	is "by $function all come back" "$(drivers)" "$held"
	is "by $function as at first" "$(cfgsnap diff /run/held)" ""
done

# One in use: nothing moves.
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$AUDIO"
log_mark
writes EBUSY 1 "$CLASS/$USB/reclaim"
matches "the log names the member, and the file" "$(logged)" \
	"$USB: nothing moved: $AUDIO is in use: a program has it open, by its group or as vfio[0-9]+$"
is "nothing has moved" "$(drivers)" "$moved"
stop_using
writes 0 1 "$CLASS/$USB/reclaim"
is "all come back" "$(drivers)" "$held"

# One with a driver of the host: nothing moves, and it is named.
unbind "$USB"
cache_line=$(setpci -s "$USB" CACHE_LINE_SIZE)
modprobe xhci-pci
succeeds "the host has the USB function" bind_to "$USB" xhci_hcd
is "state tells of the host's driver" "$(states)" "held held host"
log_mark
writes EBUSY 1 "$CLASS/$HELD/handoff"
matches "the log names it" "$(logged)" "$HELD: nothing moved: $USB is bound to xhci_hcd"
is "nothing has moved" "$(drivers)" "vga-stub vga-stub xhci_hcd"
log_mark
writes EBUSY 1 "$CLASS/$USB/reclaim" "it is not taken from the host's driver"
matches "the log names it" "$(logged)" "$USB: nothing moved: $USB is bound to xhci_hcd"

# One without a driver is not in the way, and stays.
unbind "$USB"
setpci -s "$USB" CACHE_LINE_SIZE="$cache_line"
writes 0 1 "$CLASS/$AUDIO/handoff"
is "the others go" "$(drivers)" "vfio-pci vfio-pci none"
is "it says so" "$(states)" "handed-off handed-off unbound"
matches "a program gets one" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$AUDIO/reclaim"
is "all come back, the unbound one too" "$(drivers)" "$held"

# Some there already: the rest follows.
bind_one()
{
	unbind "$1"
	bind_to "$1" "$2"
}
succeeds "one goes by hand" bind_one "$AUDIO" vfio-pci
writes 0 1 "$CLASS/$HELD/handoff"
is "the others follow" "$(drivers)" "$moved"
writes 0 1 "$CLASS/$HELD/reclaim"
is "all come back" "$(drivers)" "$held"
is "no override is left" "$(for f in $HELD $AUDIO $USB; do cat "$PCI/$f/driver_override"; done | sort -u)" \
	"(null)"
unloads
is "all are let go" "$(drivers) of $all" "none none none of $all"
done_testing
