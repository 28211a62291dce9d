# SPDX-License-Identifier: GPL-2.0
#
# An X server on the host's card, and what it asks of the VGA arbiter. A part of lib.sh.
# shellcheck shell=busybox

TRACING=/sys/kernel/tracing
# How many requests xorg_draws makes.
REQUESTS=200

# After open_lab: the server is the lab's, and draws by the kernel's driver of the card.
open_xorg()
{
	mount -t tmpfs tmpfs $LAB/tmp
	mount -t tracefs tracefs $TRACING
	# shellcheck disable=SC2016  # the kernel's arguments
	echo 'p:asks vga_arb_write text=+0($arg2):ustring' >$TRACING/kprobe_events
	echo 1 >$TRACING/events/kprobes/asks/enable
	# By its address, in decimal numbers.
	cat >/run/xorg.conf <<END
Section "ServerFlags"
	Option "AutoAddDevices" "off"
	Option "AutoAddGPU" "off"
EndSection
Section "Device"
	Identifier "host"
	Driver "modesetting"
	BusID "PCI:$(echo "$HOST" | sed 's/^[^:]*://' | tr :. '  ' | while read -r t_bus t_slot t_function; do
		printf '%d:%d:%d' "0x$t_bus" "0x$t_slot" "0x$t_function"
	done)"
	Option "AccelMethod" "none"
EndSection
Section "Screen"
	Identifier "screen"
	Device "host"
EndSection
END
}

close_xorg()
{
	echo 0 >$TRACING/events/kprobes/asks/enable
	echo >$TRACING/kprobe_events
	umount $TRACING $LAB/tmp
}

# xorg_starts: in the background; returns when it has served a client
xorg_starts()
{
	rm -rf $LAB/tmp/.X*
	chroot $LAB /usr/lib/xorg/Xorg :1 vt1 -config /run/xorg.conf -logfile /run/xorg.log -novtswitch -sharevts \
		-noreset -nolisten tcp >/run/xorg.out 2>&1 &
	xorg=$!
	t_tries=$((300 * ${SLOW:-1}))
	until [ -S $LAB/tmp/.X11-unix/X1 ] || ! kill -0 $xorg 2>/dev/null || [ $t_tries = 0 ]; do
		t_tries=$((t_tries - 1))
		usleep 100000
	done
	xorg_request 1
}

# xorg_request NUMBER: has it draw
xorg_request()
{
	DISPLAY=:1 chroot $LAB /usr/bin/x11perf -rect10 -reps "$1" -repeat 1 >/run/x11perf 2>&1 &&
		grep -q ' reps .*10x10 rectangle' /run/x11perf
}

# xorg_draws: prints how many writes to /dev/vga_arbiter there were meanwhile, and how many of them lock
# VGA; "each" is one for each request or more. Or it prints what went wrong.
xorg_draws()
{
	: >$TRACING/trace
	if xorg_request $REQUESTS; then
		awk -v requests=$REQUESTS '
			function number(count) { return count < requests ? count : "each" }
			/ asks: / { writes++ }
			/ text="(try)?lock / { locks++ }
			END { printf "%-8s %s\n", number(writes + 0), number(locks + 0) }' $TRACING/trace
	else
		cat /run/x11perf /run/xorg.out
	fi
}

xorg_ends()
{
	kill $xorg
	wait $xorg
}

# xorg_wraps: what its log says of the arbiter: "3 enabled" if it found 3 VGA devices and asks for each
# request. With one it says nothing.
xorg_wraps()
{
	sed -n 's/.*Found \([0-9]*\) VGA devices\{0,1\}: arbiter wrapping \(.*\)$/\1 \2/p' /run/xorg.log
}
