# SPDX-License-Identifier: GPL-2.0
# While a card's ROM is captured no other device's configuration is written to, and the
# host's card, which its driver uses, goes on showing what it shows.
# area: rom
# topology: plugin igd uefi bootport uefiport
. /tests/lib.sh

# show TEXT: on the console, in place of what is there
show()
{
	printf '\033[2J\033[H%s\n' "$1" >/dev/tty1
	sleep 1
}

# Ends virtio-gpu where this test has loaded it. Not while the console is on it: the kernel
# warns of memory that is left then (drm_mm_takedown()).
remove_virtio_gpu()
{
	for t_console in /sys/class/vtconsole/vtcon*; do
		! grep -q "frame buffer" "$t_console/name" || echo 0 >"$t_console/bind"
	done
	sleep 1
	echo "$HOST" >"$PCI/$HOST/driver/unbind"
	modprobe -r virtio-gpu
	echo "$HOST" >/sys/bus/pci/drivers_probe
}

# The console is to be on it, and not on what UEFI left, which a claim ends anyway.
efifb=/sys/bus/platform/drivers/efi-framebuffer
[ ! -e $efifb/efi-framebuffer.0 ] || echo efi-framebuffer.0 >$efifb/unbind
# virtio-gpu asks for the legacy ranges, so that the other card loses them.
command=$(setpci -s "$HELD" COMMAND)
modprobe virtio-gpu
eventually "the host's card has a framebuffer" grep -q virtio_gpu /proc/fb
echo 0 >/sys/class/graphics/fbcon/cursor_blink
show ''
ask picture host-empty host >/dev/null
show 'The screen of the host.'
matches "it shows what the host writes" "$(ask picture host-before host)" "^changed: [1-9]"
cfgsnap save /run/before
part=$(arbiter_part "$HOST")
ask config-writes >/dev/null

loads ids=1234:1111
writes=$(ask config-writes)
is "the ROM is captured" "$(class "$HELD" rom_source)" bar
matches "by the card's ROM BAR" "$writes" "^${HELD#*:} 0x30 "
is "configuration is written to of the card only: COMMAND and the ROM BAR" \
	"$(echo "$writes" | grep -Ev "^${HELD#*:} 0x(4|30) ")" ""
is "no other device's configuration has changed" \
	"$(cfgsnap diff /run/before | grep -v "^$HELD ")" ""
is "the host's screen has not changed" "$(ask picture host-after host)" "changed: 0"
show 'The screen of the host, later.'
matches "it still shows what the host writes" "$(ask picture host-later host)" "^changed: [1-9]"
is "the host's card decodes as before" "$(arbiter_part "$HOST")" "$part"
unloads

[ -n "$MODULES" ] || remove_virtio_gpu
setpci -s "$HELD" COMMAND="$command"
done_testing
