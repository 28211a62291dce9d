# SPDX-License-Identifier: GPL-2.0
# A held card goes to vfio-pci by one write, works there (each BAR is mapped, as a
# virtual machine monitor does), and comes back by one write.
# area: move
# topology: plugin igd uefi twins conventional
# smoke: yes
. /tests/lib.sh

before=$(decodes "$HELD")
loads ids=1234:1111
cfgsnap save /run/held
line=$(arbiter "$HELD")
fails "vfio-pci is not loaded yet" grep -q '^vfio_pci ' /proc/modules

for round in 1:vfio-pci 2:1 3:vfio-pci; do
	log_mark
	writes 0 "${round#*:}" "$CLASS/$HELD/handoff"
	round=${round%:*}
	is "$round: vfio-pci has the card" "$(driver_of "$HELD")" vfio-pci
	is "$round: state is handed-off" "$(class "$HELD" state)" handed-off
	matches "$round: the log says so" "$(logged)" "$HELD: .*vfio-pci"
	is "$round: no driver_override is left" "$(cat "$PCI/$HELD/driver_override")" "(null)"
	is "$round: COMMAND is as the firmware left it" "$(decodes "$HELD")" "${before% master}"

	client=$(use "$HELD" -r /run/rom)
	matches "$round: a client gets the device" "$client" '^ready$'
	matches "$round: the configuration space is the card's" "$client" '^config 1234:1111$'
	matches "$round: BAR 0 is mapped" "$client" '^bar0 size 0x1000000 mapped$'
	matches "$round: BAR 2 is mapped" "$client" '^bar2 size 0x1000 mapped$'

	writes 0 1 "$CLASS/$HELD/reclaim"
	is "$round: vga-stub has the card" "$(driver_of "$HELD")" vga-stub
	is "$round: state is held" "$(class "$HELD" state)" held
	is "$round: decode is off" "$(decodes "$HELD")" none
	is "$round: the arbiter's line is as at first" "$(arbiter "$HELD")" "$line"
	is "$round: configuration space is as at first" "$(cfgsnap diff /run/held)" ""
done

# With the newline of echo.
echo vfio-pci >"$CLASS/$HELD/handoff"
is "a newline does not count" "$(class "$HELD" state)" handed-off
echo 1 >"$CLASS/$HELD/reclaim"
is "nor does it for reclaim" "$(class "$HELD" state)" held
unloads
is "afterwards COMMAND is as found" "$(decodes "$HELD")" "${before% master}"
done_testing
