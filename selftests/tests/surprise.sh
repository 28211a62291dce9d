# SPDX-License-Identifier: GPL-2.0
# A card that is pulled without notice while it is held, handed off, used, read and moved,
# or has no driver: it and its directory go, writers get an error, nobody hangs. QEMU drops
# what is in a slot when its port's slot control says that power is off. Written behind the
# kernel's back, with the port's interrupts off, that is a card gone; put back as it was,
# the port says so.
# area: faults
# topology: surprised
# replugs: yes
. /tests/lib.sh

pull()
{
	log_mark
	control=$(setpci -s "00:0$port.0" CAP_EXP+18.w)
	setpci -s "00:0$port.0" CAP_EXP+18.w="$(printf %x $(((0x$control | 0x700) & ~0x103f)))"
	is "$1: pulled, nothing answers" "$(config "$HELD" 0 4)" ffffffff
	lacks "$1: which the kernel does not know" "$(logged)" pciehp
}

tell()
{
	setpci -s "00:0$port.0" CAP_EXP+18.w="$control"
}

gone()
{
	goes "$1"
	matches "$1: it was gone before the kernel knew" "$(logged)" "Slot\(.*\): Card not present"
	lacks "$1: nobody had pressed a button" "$(logged)" "utton"
}

loads devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0,00:06.0/00.0,00:07.0/00.0
is "the card is held" "$(claimed)" "$HELD"
exec 3<"$CLASS/$HELD/rom" 4>"$CLASS/$HELD/handoff" 5>"$CLASS/$HELD/reclaim"
pull held
succeeds "held: what was captured is there" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
writes ENODEV 1 "$CLASS/$HELD/handoff" "held: it cannot be handed off"
matches "held: one line says why" "$(logged)" "$HELD: .*does not answer"
is "held: nothing has moved" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
tell
gone held
is "held: a rom file that was open has nothing" "$(file-call - read 0 4 <&3)" ENODEV
echo 1 >/run/1
is "held: a handoff file takes nothing" "$(file-call - write /run/1 <&4)" ENODEV
is "held: nor does a reclaim file" "$(file-call - write /run/1 <&5)" ENODEV
exec 3<&- 4>&- 5>&-

plug "after held"
writes 0 1 "$CLASS/$HELD/handoff"
pull "handed off"
writes ENODEV 1 "$CLASS/$HELD/reclaim" "handed off: it cannot be taken back"
matches "handed off: one line says why" "$(logged)" "$HELD: .*does not answer"
is "handed off: it is not said to be held" "$(class "$HELD" state)" handed-off
tell
gone "handed off"

plug "after handed off"
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$HELD"
pull used
tell
eventually "used: the kernel knows" sh -c "kernel-log '$t_mark' | grep 'Card not present'"
is "used: state can be read" "$(class "$HELD" state)" handed-off
writes EBUSY 1 "$CLASS/$HELD/reclaim" "used: it does not come back"
stop_using
gone used

plug "after used"
keep_moving
pull "read and moved"
tell
gone "read and moved"
movers_end

plug "after all that"
unbind "$HELD"
pull unbound
fails "unbound: it is not claimed" bind_to "$HELD" vga-stub
is "unbound: nor said to be held" "$(class "$HELD" state)" unbound
tell
gone unbound
unloads
done_testing
