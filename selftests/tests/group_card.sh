# SPDX-License-Identifier: GPL-2.0
# A card whose functions are in several IOMMU groups moves as one: all its functions, or
# none; or one group of it, for those who ask for that.
# area: group
# topology: split
# timeout: 120
. /tests/lib.sh

# The first and the last are one group.
functions="$HELD $ONE $TWO $AUDIO"

# each FILE: of every function's directory
each()
{
	for function in $functions; do
		class "$function" "$1"
	done | xargs
}

# drivers: those of the four
drivers()
{
	for function in $functions; do
		driver_of "$function"
	done | xargs
}

# order: the functions that the log says have moved, in their order, and where to
order()
{
	logged | sed -n 's/.*0000:\(..:..\..\): moved to \(.*\)/\1 \2/p' | xargs
}

held="vga-stub vga-stub vga-stub vga-stub"
moved="vfio-pci vfio-pci vfio-pci vfio-pci"
f0=${HELD#0000:} f1=${ONE#0000:} f2=${TWO#0000:} f3=${AUDIO#0000:}

loads ids=1234:1111,8086:10c9,8086:293e
is "all are held" "$(drivers)" "$held"
is "they are three groups" "$(for function in $functions; do
	readlink "$PCI/$function/iommu_group"
done | sort -u | wc -l)" 3
cfgsnap save /run/held
arbiter_lines >/run/arbiter

# The card, whichever function is written to.
for function in $functions; do
	log_mark
	writes 0 1 "$CLASS/$function/handoff"
	is "by $function all go" "$(drivers)" "$moved"
	is "by $function companions before the card, by their groups" "$(order)" \
		"$f3 vfio-pci $f1 vfio-pci $f2 vfio-pci $f0 vfio-pci"
	is "by $function all say so" "$(each state)" "handed-off handed-off handed-off handed-off"
	log_mark
	writes 0 "1 card" "$CLASS/$function/reclaim"
	is "by $function all come back" "$(drivers)" "$held"
	is "by $function the card before companions" "$(order)" \
		"$f0 vga-stub $f3 vga-stub $f1 vga-stub $f2 vga-stub"
	is "by $function as at first" "$(cfgsnap diff /run/held)" ""
done

# A group of it.
writes 0 "vfio-pci group" "$CLASS/$ONE/handoff"
is "one group goes" "$(each state)" "held handed-off held held"
writes 0 "1 group" "$CLASS/$HELD/reclaim"
is "another's group is no business of it" "$(each state)" "held handed-off held held"
writes 0 "1 group" "$CLASS/$HELD/handoff"
is "a group of two goes" "$(each state)" "handed-off handed-off held handed-off"
writes 0 "1 card" "$CLASS/$ONE/handoff"
is "the rest of the card follows" "$(drivers)" "$moved"
writes 0 "1 group" "$CLASS/$AUDIO/reclaim"
is "a group of two comes back" "$(each state)" "held handed-off handed-off held"
writes 0 1 "$CLASS/$AUDIO/reclaim"
is "the rest of the card, too" "$(drivers)" "$held"

# One of them in use: nothing moves, but another group may.
writes 0 1 "$CLASS/$HELD/handoff"
keep_using "$TWO"
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim"
matches "the log names the function, and the file" "$(logged)" \
	"$HELD: nothing moved: $TWO is in use: a program has it open, by its group or as vfio[0-9]+$"
is "nothing has moved" "$(drivers)" "$moved"
writes 0 "1 group" "$CLASS/$ONE/reclaim"
is "a group that is not in use comes back" "$(each state)" "handed-off held handed-off handed-off"
writes 0 1 "$CLASS/$HELD/handoff"
is "and goes, while another is in use" "$(drivers)" "$moved"
stop_using
writes 0 1 "$CLASS/$ONE/reclaim"
is "all come back" "$(drivers)" "$held"
is "as at first" "$(cfgsnap diff /run/held)" ""
is "the arbiter, too" "$(arbiter_lines)" "$(cat /run/arbiter)"

# Whichever function the target refuses, what has moved is moved back, the last one first.
insmod /lib/fussy.ko
refuse=/sys/module/fussy/parameters/refuse
for case in "$AUDIO" "$ONE $f3" "$TWO $f1 $f3" "$HELD $f2 $f1 $f3"; do
	function=${case%% *}
	echo "$function" >$refuse
	log_mark
	writes EIO fussy "$CLASS/$HELD/handoff" "the driver's error, for $function refused"
	matches "the log names it" "$(logged)" "$function: not moved to fussy: error -5"
	is "all are held" "$(drivers)" "$held"
	is "the last that had moved came back first" \
		"$(logged | sed -n 's/.*vga-stub 0000:\(..:..\..\): held$/\1/p' | xargs)" \
		"${case#0000:}"
	is "configuration space is as before" "$(cfgsnap diff /run/held)" ""
	is "so is the arbiter" "$(arbiter_lines)" "$(cat /run/arbiter)"
	is "no override is left" "$(for function in $functions; do
		cat "$PCI/$function/driver_override"
	done | sort -u)" "(null)"
done
rmmod fussy

# Two with the host's driver: both are named.
for function in $ONE $TWO; do
	unbind "$function"
done
modprobe igb
for function in $ONE $TWO; do
	succeeds "the host has $function" bind_to "$function" igb
done
is "state says so" "$(each state)" "held host host held"
log_mark
writes EBUSY 1 "$CLASS/$AUDIO/handoff"
for function in $ONE $TWO; do
	matches "the log names $function" "$(logged)" "$AUDIO: nothing moved: $function is bound to igb"
done
is "in a line each" "$(logged | grep -c "nothing moved")" 2
is "nothing has moved" "$(drivers)" "vga-stub igb igb vga-stub"
writes 0 "1 group" "$CLASS/$AUDIO/handoff"
is "a group by itself is not concerned" "$(drivers)" "vfio-pci igb igb vfio-pci"
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim"
is "a reclaim names both, too" "$(logged | grep -c "nothing moved: .* is bound to igb")" 2
for function in $ONE $TWO; do
	unbind "$function"
done
modprobe -r igb
writes 0 1 "$CLASS/$HELD/reclaim"
is "the unbound ones come back with the others" "$(drivers)" "$held"

# What can be written.
for text in "1 cards" "1 card card" "vfio-pci 1" "card 1 group"; do
	writes EINVAL "$text" "$CLASS/$HELD/handoff"
	writes EINVAL "$text" "$CLASS/$HELD/reclaim"
done
writes EINVAL "vfio-pci group" "$CLASS/$HELD/reclaim"
is "the card is held" "$(drivers)" "$held"
unloads

# A group that spans slots: both of them, though they are no functions of one slot.
loads ids=1234:1111:1af4:1100:038000:ffffff,8086:10d3
is "the spanning group is held" "$(driver_of "$SPAN") $(driver_of "$SPANNED")" "vga-stub vga-stub"
is "the two are one group" "$(readlink "$PCI/$SPAN/iommu_group")" "$(readlink "$PCI/$SPANNED/iommu_group")"
for scope in card group; do
	writes 0 "1 $scope" "$CLASS/$SPANNED/handoff"
	is "$scope: both go" "$(driver_of "$SPAN") $(driver_of "$SPANNED")" "vfio-pci vfio-pci"
	writes 0 "1 $scope" "$CLASS/$SPAN/reclaim"
	is "$scope: both come back" "$(driver_of "$SPAN") $(driver_of "$SPANNED")" "vga-stub vga-stub"
done
unloads
done_testing
