# SPDX-License-Identifier: GPL-2.0
# A card whose configuration answers, but not its memory, since the port above it forwards
# none. The ROM reads as all ones. The card is held, rom_status says what is wrong, and
# there is no rom. Claimed anew with the memory there, it has its ROM.
# area: rom
# topology: plugin
. /tests/lib.sh

port=$(basename "$(dirname "$(realpath "$PCI/$HELD")")")
command=$(setpci -s "$port" 4.W)
register=$(setpci -s "$HELD" 30.L)

setpci -s "$port" 4.W=0:2
loads ids=1234:1111
is "the card is held" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
is "the ROM has no signature" "$(class "$HELD" rom_status)" bad-signature
is "and is none" "$(class "$HELD" rom_source)" none
fails "there is no rom" test -e "$CLASS/$HELD/rom"
is "the ROM BAR's register is as before" "$(setpci -s "$HELD" 30.L)" "$register"
setpci -s "$port" 4.W="$command"
writes 0 1 "$CLASS/$HELD/handoff"
writes 0 1 "$CLASS/$HELD/reclaim"
is "it is read at the first claim only" "$(class "$HELD" rom_status)" bad-signature
unloads

loads ids=1234:1111
is "claimed anew: the ROM is good" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"

# Files that are open when the module goes keep nothing of it.
exec 3<"$CLASS/$HELD/rom" 4>"$CLASS/$HELD/handoff" 5<"$CLASS/$HELD/state"
printf 1 >/run/1
unloads
is "a rom file has nothing more" "$(file-call - read 0 4 <&3)" ENODEV
is "nor has state" "$(file-call - read 0 4 <&5)" ENODEV
is "nor does handoff take something" "$(file-call - write /run/1 <&4)" ENODEV
exec 3<&- 4>&- 5<&-
done_testing
