# SPDX-License-Identifier: GPL-2.0
# A VFCT table that is random but for its header: it is named in the log, and the card is
# claimed without a ROM. One that has its own is not looked up there.
# area: rom
# topology: acpirandom
. /tests/lib.sh

matches "the table is there" "$(stat -c %s /sys/firmware/acpi/tables/VFCT)" "^65[0-9]{3}$"
log_mark
loads ids=1234:1111
log=$(logged)
is "the card is held" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
is "there is no ROM" "$(class "$HELD" rom_source) $(class "$HELD" rom_status)" "none none"
matches "the table is named" "$log" \
	"$HELD: option ROM not read from source acpi-vfct: VFCT ends within an image"
is "the other has its own" "$(class "$OTHER" rom_source) $(class "$OTHER" rom_status)" "bar ok"
lacks "and the table is not looked at" "$log" "$OTHER: option ROM not read"
writes 0 1 "$CLASS/$HELD/handoff"
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
done_testing
