# SPDX-License-Identifier: GPL-2.0
# Programs that read the PCI device's own rom file switch the ROM BAR on and off, once for
# each page, while the card is claimed for the first time: what is captured is whole, and
# the BAR's register is in the end as it was.
# area: rom
# topology: smp
# timeout: 150
. /tests/lib.sh

register=$(setpci -s "$HELD" 30.L)
command=$(setpci -s "$HELD" COMMAND)
echo 1 >"$PCI/$HELD/rom"
for reader in 1 2; do
	sh -c "while :; do cat $PCI/$HELD/rom; done" >/dev/null 2>&1 &
done
readers=$(jobs -p)

spoiled=0
rounds=0
until [ $rounds = 25 ]; do
	rounds=$((rounds + 1))
	load ids=1234:1111
	cmp -s "$CLASS/$HELD/rom" "$HELD_ROM" || spoiled=$((spoiled + 1))
	unload
done
# shellcheck disable=SC2086  # words
kill $readers
# shellcheck disable=SC2086  # words
wait $readers
is "of $rounds captures none is spoiled" $spoiled 0
echo 0 >"$PCI/$HELD/rom"
address=$(setpci -s "$HELD" 30.L)
is "the ROM BAR is off" $((0x$address & 1)) 0
loads ids=1234:1111
is "and stays so" "$(setpci -s "$HELD" 30.L)" "$address"
unloads
setpci -s "$HELD" 30.L="$register" COMMAND="$command"
done_testing
