# SPDX-License-Identifier: GPL-2.0
# What a hand-off costs: at most four accesses to a function's configuration more than
# vfio-pci makes by itself when it binds, if held cards stay in D0. Counted by QEMU.
# area: move
# topology: counted
# timeout: 90
. /tests/lib.sh

# accesses BDF: since the question before, of any device
accesses()
{
	ask config-accesses "${1#0000:}"
}

# by_itself BDF: what vfio-pci's binding takes
by_itself()
{
	echo vfio-pci >"$PCI/$1/driver_override"
	accesses "$1" >/dev/null
	echo "$1" >/sys/bus/pci/drivers_probe
	accesses "$1" >/run/accesses
	unbind "$1"
	echo >"$PCI/$1/driver_override"
	cut -d ' ' -f 1 /run/accesses
}

# handed_off BDF: what the hand-off takes
handed_off()
{
	accesses "$1" >/dev/null
	wr "$CLASS/$1/handoff" 1 >/dev/null
	accesses "$1"
}

modprobe vfio-pci
alone=$(by_itself "$HELD")
echo "# vfio-pci by itself: $(cat /run/accesses)"
isnt "accesses are counted" "$alone" 0
audio_alone=$(by_itself "$AUDIO")
for idle in 1 0; do
	loads ids=1234:1111 disable_idle_d3=$idle
	is "handed off" "$(handed_off "$HELD" >/run/accesses; class "$HELD" state)" handed-off
	more=$(($(cut -d ' ' -f 1 /run/accesses) - alone))
	echo "# vga-stub, disable_idle_d3=$idle: $more more: $(cat /run/accesses)"
	if [ $idle = 1 ]; then
		is "in D0: at most 4 more" "$([ $more -le 4 ] && echo yes || echo $more)" yes
	fi
	unloads
	unbind "$HELD"
done

loads "ids=1234:1111,$(ids_of "$AUDIO")" disable_idle_d3=1
accesses "$AUDIO" >/dev/null
writes 0 1 "$CLASS/$HELD/handoff"
accesses "$AUDIO" >/run/accesses
is "with it a companion" "$(class "$AUDIO" state)" handed-off
more=$(($(cut -d ' ' -f 1 /run/accesses) - audio_alone))
echo "# a companion: $more more: $(cat /run/accesses)"
is "a companion in D0: at most 4 more" "$([ $more -le 4 ] && echo yes || echo $more)" yes
unloads
unbind "$HELD"
unbind "$AUDIO"
done_testing
