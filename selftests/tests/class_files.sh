# SPDX-License-Identifier: GPL-2.0
# The files of /sys/class/vga_stub: names, modes, contents; and what an unprivileged
# user may do with them.
# area: claim
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111
dir=$CLASS/$HELD
is "one directory for each card" "$(ls $CLASS)" "$HELD"
is "device is the PCI device" "$(realpath "$dir/device")" "$(realpath "$PCI/$HELD")"
for entry in rom:400 rom_source:444 rom_status:444 state:444 legacy:644 handoff:200 reclaim:200; do
	is "mode of ${entry%:*}" "$(stat -c %a "$dir/${entry%:*}")" "${entry#*:}"
	is "owner of ${entry%:*}" "$(stat -c %u:%g "$dir/${entry%:*}")" 0:0
done
is "no other files" \
	"$(find "$dir/" -maxdepth 1 -type f | sed 's,.*/,,' | sort | xargs)" \
	"handoff legacy reclaim rom rom_source rom_status state uevent"
for file in state legacy rom_source rom_status; do
	is "$file is one line" "$(wc -l <"$dir/$file")" 1
	is "$file can be read by anyone" "$(wr -u $NOBODY -r "$dir/$file")" 0
done
is "rom cannot be read by others" "$(wr -u $NOBODY -r "$dir/rom")" EACCES
for file in rom rom_source rom_status state legacy handoff reclaim; do
	is "$file cannot be written by others" "$(wr -u $NOBODY "$dir/$file" 1)" EACCES
done
is "handoff cannot be read" "$(wr -r "$dir/handoff")" EACCES
is "the card is still held" "$(class "$HELD" state)" held
unloads
done_testing
