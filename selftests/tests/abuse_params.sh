# SPDX-License-Identifier: GPL-2.0
# Parameters with what is no text, and as long as the kernel lets them be: the module
# loads, claims nothing by them and says what is wrong in plain characters; they read
# back byte for byte. What is too long for the kernel does not load.
# area: choose
# topology: plugin
. /tests/lib.sh

parameters=/sys/module/vga_stub/parameters

# bytes FORMAT
bytes()
{
	# shellcheck disable=SC2059  # the format is the test
	printf "$1"
}

many()
{
	head -c "$2" /dev/zero | tr '\0' "$1"
}

high=$(many '\377' 1024)
for name in ids devices; do
	for format in '\377\376' '\xe2\x80\xa6' '\001\037\177' 'x\n1234:1111' "'" '%%s%%n' '=' '=1234:1111'; do
		value=$(bytes "$format.")
		value=${value%.}
		log_mark
		loads "$name=$value"
		is "  it reads back" "$(cat $parameters/$name)" "$value"
		lacks "  the log has plain characters only" "$(logged | tr -d '\n\t -~' | od -c)" '0000000 .'
		unloads
	done
	for value in "$(many x 1024)" "$(many , 1024)" "$(many : 1024)" "$high"; do
		log_mark
		load "$name=$value"
		is "$name: 1024 bytes of $(echo "$value" | head -c 1 | hexdump -v -e '1/1 "%02x"') are taken" "$?" 0
		is "  they read back" "$(cat $parameters/$name)" "$value"
		is "  nothing is claimed" "$(ls $CLASS)" ""
		lacks "  the log has plain characters only" "$(logged | tr -d '\n\t -~' | od -c)" '0000000 .'
		unloads
	done
done
for name in ids devices handoff; do
	for length in 1025 4096; do
		fails "$name: $length bytes are too long" load "$name=$(many x $length)"
		fails "  the module is not there" test -e /sys/module/vga_stub
		fails "  nor its class" test -e $CLASS
	done
done

# handoff= is looked at when a card goes there.
for value in "" / "$(bytes '\377')" "$(bytes 'vfio-pci\n.')" "$(many x 65)" "$(many x 1024)" "$high"; do
	log_mark
	load ids=1234:1111 "handoff=$value"
	is "handoff= of ${#value} characters is taken" "$(cat $parameters/handoff)" "$value"
	matches "  the log says that it is no name" "$(logged)" 'handoff=.*: no driver has such a name: 1 cannot be written to handoff, a name can$'
	lacks "  in plain characters only" "$(logged | tr -d '\n\t -~' | od -c)" '0000000 .'
	log_mark
	writes EINVAL 1 "$CLASS/$HELD/handoff" "  but no driver's name"
	matches "  the log says what can be written" "$(logged)" \
		"$HELD: nothing moved: handoff takes no 1, as the parameter handoff= is no driver's name; write one\$"
	is "  a name can be written" "$(wr "$CLASS/$HELD/handoff" vfio-pci) $(wr "$CLASS/$HELD/reclaim" 1)" "0 0"
	is "  the card is held" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
	unloads
done
load ids=1234:1111 handoff=1
writes ENODEV 1 "$CLASS/$HELD/handoff" "1 stands for the default, and that is not the default of the default"
for name in ids devices handoff disable_idle_d3; do
	is "$name is not for writing, not by root either" "$(wr $parameters/$name 1)" EACCES
done
unloads
done_testing
