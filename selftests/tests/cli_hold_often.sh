# SPDX-License-Identifier: GPL-2.0
# Fifty times a card is taken from the host and given back, with a program that has it open every
# other time: what the command says is so, and nobody ends up in a sleep that no signal ends.
# area: command
# topology: plugin
# timeout: 900
# sanitizers: no
# once: yes
. /tests/lib.sh

modprobe bochs
loads

nobody_waits()
{
	! cat /proc/[0-9]*/stat 2>/dev/null | grep -q ' D '
}

# once CARD DRIVER OPEN: takes it and gives it back, or is told that it is open
once()
{
	t_short=${1#0000:}
	if [ "$3" = open ]; then
		t_node=/dev/dri/$(basename "$(find -L "$PCI/$1" -maxdepth 3 -path '*/drm/card*' -name 'card[0-9]' 2>/dev/null | head -n 1)")
		# shellcheck disable=SC2217  # it has it open
		sleep 100 <"$t_node" &
		t_user=$!
		vga-stub hold --force "$t_short" >/run/out 2>&1
		t_got="$? $(driver_of "$1") $(head -n 1 /run/out)"
		t_want="1 $2 vga-stub: $t_short is open in sleep ($t_user)"
		kill $t_user
		wait $t_user 2>/dev/null
	else
		vga-stub hold --force "$t_short" >/run/out 2>&1
		t_got="$? $(driver_of "$1") $(cat /run/out)"
		t_want="0 vga-stub $t_short is held"
		vga-stub lend "$t_short" >/run/out 2>&1
		t_got="$t_got, $? $(driver_of "$1")"
		t_want="$t_want, 0 $2"
	fi
	[ "$t_got" = "$t_want" ] || echo "got $t_got, expected $t_want"
}

for _ in $(seq 25); do
	once "$HELD" bochs-drm open
	once "$HELD" bochs-drm free
done >/run/wrong
is "fifty times with bochs it was as it said" "$(cat /run/wrong)" ""
eventually "nobody waits for ever" nobody_waits

# virtio-gpu frees what it was drawing with after its probe has ended. An unbind at once finds some of it
# left, and the kernel warns (drm_mm_takedown() by virtio_gpu_release()): so let it settle.
settle=5
for _ in $(seq 3); do
	sleep $settle
	once "$HOST" virtio-pci open
	once "$HOST" virtio-pci free
done >/run/wrong
sleep $settle
is "with virtio-gpu, too" "$(cat /run/wrong)" ""
eventually "nobody waits for ever" nobody_waits
unloads
modprobe -r bochs
done_testing
