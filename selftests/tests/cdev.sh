# SPDX-License-Identifier: GPL-2.0
# vfio's devices by files of their own (/dev/vfio/devices), with an iommufd: whoever has
# one open, bound or only open, is found out before a reclaim moves anything.
# area: move
# topology: plugin split
# sanitizers: only
. /tests/lib.sh

# file BDF: vfio's name of a function
file()
{
	ls "$PCI/$1/vfio-dev"
}

nobody_waits()
{
	! cat /proc/[0-9]*/stat 2>/dev/null | grep -q ' D '
}

loads "ids=1234:1111,8086:10c9,8086:293e"
cfgsnap save /run/held
last=${TWO:-$HELD}
modprobe iommufd
writes 0 1 "$CLASS/$HELD/handoff"
name=$(file "$last")
succeeds "vfio has a file for it" test -c "/dev/vfio/devices/$name"

# Open only: the DMA ownership does not tell.
exec 3<>"/dev/vfio/devices/$name"
log_mark
start=$(date +%s)
writes EBUSY 1 "$CLASS/$HELD/reclaim" "the file is open: EBUSY"
is "at once" $(($(date +%s) - start < 3)) 1
matches "the log names function and file" "$(logged)" \
	"$HELD: nothing moved: $last is in use: a program has it open, by its group or as $name$"
is "nothing has moved" "$(driver_of "$HELD") $(class "$last" state)" "vfio-pci handed-off"
eventually "nobody is stuck" nobody_waits
exec 3>&-
writes 0 1 "$CLASS/$HELD/reclaim"
is "when it is closed, all come back" "$(driver_of "$HELD") $(driver_of "$last")" "vga-stub vga-stub"
is "as at first" "$(cfgsnap diff /run/held)" ""

# Bound to an iommufd, as by a running machine.
writes 0 1 "$CLASS/$HELD/handoff"
matches "a program gets it through an iommufd" "$(use "$last" -c)" '^ready$'
keep_using "$last" -c
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim" "a machine runs: EBUSY"
matches "the log names function and file" "$(logged)" \
	"$HELD: nothing moved: $last is in use: .* as $(file "$last")$"
is "the program runs" "$(awk '/^State/ { print $2 }' "/proc/$client/status")" S
stop_using
writes 0 1 "$CLASS/$HELD/reclaim"
is "when it has ended, all come back" "$(driver_of "$HELD") $(driver_of "$last")" "vga-stub vga-stub"

# Somebody opens it all the time: each reclaim moves all or nothing, and ends.
bad=
for round in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(wr "$CLASS/$HELD/handoff" 1)" = 0 ] || bad="$bad handoff:$round"
	vfio-client -o "$last" &
	opener=$!
	tries=0
	until [ "$(wr "$CLASS/$HELD/reclaim" 1)" = 0 ] || [ $tries = 50 ]; do
		tries=$((tries + 1))
		case $(driver_of "$HELD") in
		vfio-pci) ;;
		*) bad="$bad moved:$round" ;;
		esac
	done
	kill $opener
	wait $opener
	[ $tries != 50 ] || [ "$(wr "$CLASS/$HELD/reclaim" 1)" = 0 ] || bad="$bad reclaim:$round"
	[ "$(driver_of "$HELD") $(driver_of "$last")" = "vga-stub vga-stub" ] || bad="$bad held:$round"
done
is "somebody opens and closes it all the time: all or nothing" "$bad" ""
eventually "nobody is stuck" nobody_waits
is "as at first" "$(cfgsnap diff /run/held)" ""
unloads
done_testing
