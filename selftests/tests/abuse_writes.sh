# SPDX-License-Identifier: GPL-2.0
# Writes and reads of every kind to the class's and the driver's files: the exact result,
# one line in the log at most, nothing of what was written in it that is no plain text,
# and the card as it was.
# area: faults
# topology: plugin
. /tests/lib.sh

dir=$CLASS/$HELD
driver=/sys/bus/pci/drivers/vga-stub
text=/run/text

# What a write that was refused must leave.
as_before()
{
	is "  the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
	is "  nothing is left of it" "$(cat "$PCI/$HELD/driver_override") $(cfgsnap diff /run/held)" "(null) "
}

# put RESULT FORMAT FILE [OFFSET]: one write of what printf makes of FORMAT, and the
# lines of the log that name the card
put()
{
	# shellcheck disable=SC2059  # the format is the test
	printf "$2" >$text
	log_mark
	is "$(basename "$3"): ${5:-$(echo "$2" | cut -c 1-40)}" "$(file-call "$3" write $text ${4:+"$4"})" "$1"
	lines=$(logged | grep -c "$HELD: ")
}

# refused RESULT FORMAT FILE: with a line
refused()
{
	put "$@"
	is "  one line says so" "$lines" 1
}

# many BYTE COUNT
many()
{
	head -c "$2" /dev/zero | tr '\0' "$1"
}

loads ids=1234:1111
cfgsnap save /run/held
page=4096

# What is no name: not looked for, and not shown.
put 0 '' "$dir/handoff"
is "  nothing written is nothing said" "$lines" 0
for format in '\000' 'vfio-pci\000' '\000vfio-pci' 'vfio\npci' 'vfio-pci\377' '\377' 'vfio\xe2\x80\x90pci' \
	'\xef\xbb\xbf1' '1\0000\000' 'v\000f\000i\000o\000' '1 1' '\n' '../vfio-pci' '/' '\033[31mvfio-pci' 'vga-stub'; do
	refused EINVAL "$format" "$dir/handoff"
done
refused EINVAL "$(many x 65)" "$dir/handoff" "" "a byte more than a name may have"
refused EINVAL "$(many x $page)" "$dir/handoff" "" "a page"
refused EINVAL "$(many x $((page + 1)))" "$dir/handoff" "" "more than a page"
refused EINVAL "$(many '\377' $page)" "$dir/handoff" "" "a page of high bytes"
is "handoff: control characters and blanks" "$(file-call "$dir/handoff" bytes 0 32)" "33 EINVAL "
is "handoff: what is no ASCII" "$(file-call "$dir/handoff" bytes 127 255)" "129 EINVAL "
as_before

# What could be a name, but of no driver: also for who loads modules.
# shellcheck disable=SC2016  # for a shell that nobody is to run
for format in 2 01 +1 '*' '%%s%%n' --remove -r '$(reboot)' '`reboot`' "$(many x 64)"; do
	refused ENODEV "$format" "$dir/handoff"
done
printf vfio- >$text
printf 'pci' >$text.2
is "handoff: a name in two writes is two" "$(file-call "$dir/handoff" writes $text $text.2)" "ENODEV ENODEV "
as_before

# reclaim takes a 1, and no other byte or text.
put 0 '' "$dir/reclaim"
is "reclaim: every other byte" "$(file-call "$dir/reclaim" bytes 0 48) $(file-call "$dir/reclaim" bytes 50 255)" \
	"49 EINVAL  206 EINVAL "
for format in '1\000' '\0001' '11' '01' '1x' '1\377' '1 1' '1\n1' '\xef\xbb\xbf1' '\xef\xbc\x91' "$(many 1 $page)"; do
	refused EINVAL "$format" "$dir/reclaim"
done
as_before

# legacy takes three words.
put 0 '' "$dir/legacy"
is "  nothing written is nothing said" "$lines" 0
is "legacy: every byte" "$(file-call "$dir/legacy" bytes 0 255)" "256 EINVAL "
for format in 'none\000' '\000none' 'no\nne' 'none none' 'none\377' '\xef\xbb\xbfnone' 'n\000o\000n\000e\000' NONE \
	'\033[31mnone' '%%s%%n' "$(many o $page)" "owned$(many ' ' $((page - 6)))x"; do
	refused EINVAL "$format" "$dir/legacy"
done
printf ow >$text
printf 'ned' >$text.2
is "legacy: a word in two writes is two" "$(file-call "$dir/legacy" writes $text $text.2)" "EINVAL EINVAL "
put 6 '\tnone\n' "$dir/legacy"
put 5 owned "$dir/legacy" 12345 "a word, far into the file"
is "  is taken" "$(class "$HELD" legacy)" owned
put 10 arbitrated "$dir/legacy"
as_before

# The good ones: blanks and line ends around are as nothing, and a write at an offset is a
# write. sysfs gives no more than a page at a time; what comes after is not read.
blanks=$(many ' ' $((page - 1)))
put 4 '1\r\n\t' "$dir/handoff"
is "  handed off" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
put 1 1 "$dir/reclaim" 12345 "1, far into the file"
is "  taken back" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
put $page "1$blanks" "$dir/handoff" "" "a page of 1 and blanks"
is "  handed off" "$(class "$HELD" state)" handed-off
put $page "1${blanks}x" "$dir/reclaim" "" "the same and a letter: a page is taken, as the result says"
is "  taken back" "$(class "$HELD" state)" held
as_before

# What is for reading is not for writing, what is for writing not for reading, not by
# root either.
for file in state rom_source rom_status rom; do
	was=$(md5sum "$dir/$file")
	put "open: EACCES" x "$dir/$file"
	is "$file: for both" "$(file-call "$dir/$file" rdwr)" "open: EACCES"
	file-call "$dir/$file" truncate >/dev/null
	is "$file: as before, truncated or not" "$(md5sum "$dir/$file")" "$was"
done
for file in handoff reclaim; do
	is "$file: not for reading" "$(file-call "$dir/$file" read 0 1)" "open: EACCES"
done
put EINVAL '\000\377' "$dir/uevent"
put EINVAL "$(many x $page)" "$dir/uevent" "" "a page"

# rom at any offset, for any length.
size=$(stat -c %s "$dir/rom")
rom_bytes()
{
	tail -c +$(($1 + 1)) "$HELD_ROM" | head -c "$2" | hexdump -v -e '1/1 "%02x"'
}
for offset in 0 1 3 4095 4097 $((size - 1)); do
	want=7
	[ $((size - offset)) -ge 7 ] || want=$((size - offset))
	is "rom: 7 bytes at $offset" "$(file-call "$dir/rom" read $offset 7)" "$want $(rom_bytes $offset $want)"
done
is "rom: a megabyte gives a page at most, as every file of sysfs" \
	"$(file-call "$dir/rom" read 1 1048576 | cut -d ' ' -f 1)" $page
for offset in $size $((size + 1)) 4294967296 4611686018427387904; do
	is "rom: at $offset there is nothing" "$(file-call "$dir/rom" read "$offset" 7)" 0
done
is "rom: before the start" "$(file-call "$dir/rom" read -1 7)" EINVAL
is "rom: nothing wanted" "$(file-call "$dir/rom" read 5 0)" 0
is "rom: no mapping" "$(file-call "$dir/rom" mmap)" ENODEV
is "rom: no ioctl" "$(file-call "$dir/rom" ioctl)" ENOTTY
is "state: no mapping" "$(file-call "$dir/state" mmap)" ENODEV

# The driver's own files are the PCI core's.
for file in bind unbind; do
	for format in '\000' x '\377' "$HELD\\\\000" "$(many x $page)"; do
		put ENODEV "$format" $driver/$file
	done
done
for file in new_id remove_id; do
	for format in '\000' x 1234 '1234\0001111' '\377' "$(many x $page)" "$(many 1 $page)"; do
		put EINVAL "$format" $driver/$file
	done
done
put EEXIST '1234 1111' $driver/new_id
put ENODEV '1234 1112' $driver/remove_id
as_before
unloads
done_testing
