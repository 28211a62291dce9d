# SPDX-License-Identifier: GPL-2.0
# A shadow that has a place in the resource tree, as on machines whose host bridge has a
# window there: the card's ROM is captured, and the tree has it in the shadow's place.
# Without room for it, the tree is as it was, with what else is in the shadow's range.
# area: rom
# topology: igd
# fresh: yes
. /tests/lib.sh

# The tree, but for what the module itself takes while it is loaded.
tree()
{
	grep -v crowd /proc/iomem
}

succeeds "the shadow is put into the tree" insmod /lib/resources.ko device="$HELD" shadow=1
before=$(tree)
matches "it is there" "$before" "^ *000c0000-000dffff : $HELD\$"
inside=$(echo "$before" | sed -n "/000c0000-000dffff : $HELD/{n;p}" | sed 's/^ *//')
matches "something else is in its range" "$inside" "^000[cd]"

insmod /lib/crowd.ko device="$HELD"
loads ids=1234:1111
is "without room the source is the shadow" "$(class "$HELD" rom_source)" shadow
unloads
rmmod crowd
is "the tree is as before" "$(tree)" "$before"

log_mark
loads ids=1234:1111
is "with room it is the card" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "bar ok"
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
lacks "the shadow is not in the tree" "$(tree)" "000c0000-000dffff : $HELD"
matches "what was in its range is" "$(tree | sed 's/^ *//')" "^$inside\$"
start=$(sed -n '7s/^0x0*\([0-9a-f]*\) .*/\1/p' "$PCI/$HELD/resource")
matches "the card's ROM is" "$(tree)" "^ +0*$start-[0-9a-f]+ : $HELD\$"
unloads
rmmod resources
done_testing
