# SPDX-License-Identifier: GPL-2.0
# The doctor says which companions of a card the host's drivers have, and nothing once they are
# held.
# area: command
# topology: multifunction
# sanitizers: no
. /tests/lib.sh

card=${HELD%.?}
# xhci sets it.
cache_line=$(setpci -s "$USB" CACHE_LINE_SIZE)
modprobe -a snd-hda-intel xhci-pci
loads "ids=$(ids_of "$HELD")"
is "only the display is held" "$(claimed)" "$HELD"
vga-stub doctor >/run/doctor
is "the exit status says that something is wrong" $? 1
found >/run/found
finds "the group is not viable" "fail group-viable $card"
finds "the audio is the host's" "fail audio-host $AUDIO"
finds "the USB is the host's" "fail usb-host $USB"
matches "the driver is named" "$(cat /run/doctor)" "\(audio\) belongs to the host: snd_hda_intel"
matches "list says that it is not named" "$(vga-stub list)" "\.1 +host +snd_hda_intel +[0-9]+ .*\[not named\]"
unloads

loads "devices=$card.*"
unbind "$AUDIO"
unbind "$USB"
for function in "$AUDIO" "$USB"; do
	echo "$function" >/sys/bus/pci/drivers_probe
done
is "all are held" "$(claimed)" "$HELD $AUDIO $USB"
found >/run/found
lacks "nothing fails" "$(cat /run/found)" '^fail'
matches "list says so" "$(vga-stub list)" '^1 card for guests: 1 held\.$'
vga-stub doctor >/run/doctor
is "the exit status says so" $? 0
unloads
modprobe -r snd-hda-intel xhci-pci
setpci -s "$USB" CACHE_LINE_SIZE="$cache_line"
done_testing
