# SPDX-License-Identifier: GPL-2.0
# A path through bridges finds the card though its bus has another number than without
# the disk controller's bridge in front; a guarded address never takes what is there
# now.
# area: choose
# topology: renumbered
. /tests/lib.sh

loads devices=00:03.0/00.0/01.0/00.0
is "the path leads to the card behind the switch" "$(ls $CLASS)" "$HELD"
unloads
path=$(lspci -P -s "$HELD" | cut -d ' ' -f 1)
loads "devices=$path"
is "so does what lspci -P shows, $path" "$(ls $CLASS)" "$HELD"
unloads
for devices in 00:03.0/00.0/02.0/00.0 00:03.0/00.0/01.0 00:02.0/00.0/01.0/00.0; do
	loads devices=$devices
	is "devices=$devices leads elsewhere" "$(driver_of "$HELD")" none
	unloads
done

# Where the card was before the bridge in front was added.
before=$(printf '%02x' $((0x$(echo "$HELD" | cut -d : -f 2) - 2)))
log_mark
loads "devices=$before:00.0=1234:1111"
is "what is at the old address now is left alone" "$(ls $CLASS)" ""
unloads
done_testing
