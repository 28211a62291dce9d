# SPDX-License-Identifier: GPL-2.0
# The command takes a card from the host's drivers and gives it back: all of it or nothing, and
# nothing while a program has it open or the console draws on it. A driver that does not let go
# is told of after the time that was given, and what had been taken is put back.
# area: command
# topology: multifunction
# sanitizers: no
. /tests/lib.sh

card=${HELD%.?}
short=${card#0000:}
hosts="bochs-drm snd_hda_intel xhci_hcd"
held="vga-stub vga-stub vga-stub"
# xhci sets it.
cache_line=$(setpci -s "$USB" CACHE_LINE_SIZE)
modprobe -a bochs snd-hda-intel xhci-pci

# hold ARGUMENT...: what the command says is in /run/out
hold()
{
	vga-stub hold "$@" >/run/out 2>&1
}

overrides()
{
	cat "$PCI/$HELD/driver_override" "$PCI/$AUDIO/driver_override" "$PCI/$USB/driver_override" | xargs
}

hold "$short"
is "without the module nothing is taken" "$? $(drivers)" "1 $hosts"
matches "and why is said" "$(cat /run/out)" "^vga-stub: the module vga_stub could not be loaded: "
loads

hold --dry-run "$short"
is "a dry run is good" $? 0
is "it does nothing" "$(drivers) $(overrides)" "$hosts (null) (null) (null)"
matches "it takes the display last" "$(tail -n 3 /run/out | head -n 1)" "write vga-stub to $PCI/$HELD/driver_override"
hold "$short"
is "the whole card is held" "$? $(drivers)" "0 $held"
is "it says so" "$(cat /run/out)" "$short is held"
is "the module says so" "$(class "$HELD" state) $(class "$AUDIO" state) $(class "$USB" state)" "held held held"
hold "$short"
is "the second time there is nothing to do" "$? $(cat /run/out)" "0 $short: nothing to do: it is held"
vga-stub lend "$short" >/run/out 2>&1
is "the host has all of it again" "$? $(drivers)" "0 $hosts"
is "nothing is left" "$(overrides)" "(null) (null) (null)"
is "it says who has it" "$(cat /run/out)" \
	"$short is the host's: ${HELD#0000:} has bochs-drm, ${USB#0000:} has xhci_hcd, ${AUDIO#0000:} has snd_hda_intel"
vga-stub lend "$short" >/run/out 2>&1
is "the second time there is nothing to do" "$? $(cat /run/out)" "0 $short: nothing to do: it is not held"
# The display's modules were unloaded: they are loaded as the kernel would do it.
hold "$short"
rmmod bochs
vga-stub lend "$short" >/run/out 2>&1
is "a module is loaded for it" "$? $(drivers)" "0 $hosts"

# Programs that have it open: a display, sound, and a mapping alone.
node=/dev/dri/$(basename "$(echo "$PCI/$HELD"/drm/card*)")
# shellcheck disable=SC2217  # it has it open
sleep 100 <"$node" &
user=$!
hold --force "$short"
is "an open card stays" "$? $(drivers) $(overrides)" "1 $hosts (null) (null) (null)"
is "who has it is named" "$(head -n 1 /run/out)" "vga-stub: ${HELD#0000:} is open in sleep ($user)"
matches "and that nothing was changed" "$(cat /run/out)" '^vga-stub: Nothing was changed\.$'
vga-stub hold --json "$short" >/run/out
is "in the JSON" "$? $(grep -c "\"pid\": $user," /run/out)" "1 1"
kill $user
wait $user
# shellcheck disable=SC2217  # it has it open
sleep 100 <"$(find /dev/snd -name 'controlC*')" &
user=$!
hold "$short"
is "with its sound open, too" "$? $(drivers)" "1 $hosts"
is "who has it is named" "$(head -n 1 /run/out)" "vga-stub: ${AUDIO#0000:} is open in sleep ($user)"
kill $user
wait $user

# The console's card.
booted=${HOST#0000:}
booted=${booted%.?}
matches "the console is on a framebuffer" "$(vga-stub hold --dry-run "$booted" 2>&1)" "the console draws on ${HOST#0000:} \(fb0\)"
hold "$booted"
is "the console's card stays" "$? $(driver_of "$HOST")" "1 virtio-pci"
hold --force "$booted"
is "but for force" "$? $(driver_of "$HOST")" "0 vga-stub"
is "the console is on no framebuffer" "$(grep -l 'frame buffer' /sys/class/vtconsole/*/name | sed 's/name$/bind/' | xargs cat)" 0
vga-stub lend "$booted" >/run/out 2>&1
is "it is the host's again" "$? $(driver_of "$HOST")" "0 virtio-pci"
is "with the console" "$(grep -l 'frame buffer' /sys/class/vtconsole/*/name | sed 's/name$/bind/' | xargs cat)" 1

# A driver that does not let go, after the companions have moved.
unbind "$HELD"
rmmod bochs
insmod /lib/fussy.ko greedy=1
cling=/sys/module/fussy/parameters/cling
is "a fussy driver has it" "$(driver_of "$HELD")" fussy
echo "$HELD" >$cling
start=$(date +%s)
hold --wait 2 "$short"
status=$?
took=$(($(date +%s) - start))
is "it is given up" $status 1
is "after the time that was given" $((took >= 2 && took < 20 * ${SLOW:-1})) 1
matches "the process is named" "$(cat /run/out)" \
	"^vga-stub: fussy does not let go of ${HELD#0000:}: it has not come back within 2 s; process [0-9]+ waits in it\$"
stuck=$(sed -n 's/.*process \([0-9]*\) waits in it.*/\1/p' /run/out)
succeeds "which lives" kill -0 "$stuck"
is "the companions are put back" "$(driver_of "$AUDIO") $(driver_of "$USB")" "snd_hda_intel xhci_hcd"
matches "which is said" "$(cat /run/out)" "^vga-stub: Put back as it was: ${USB#0000:}, ${AUDIO#0000:}\.\$"
matches "that the display stays reserved" "$(cat /run/out)" \
	"^vga-stub: ${HELD#0000:} stays reserved for vga-stub, by its driver_override\.\$"
is "which is so" "$(overrides)" "vga-stub (null) (null)"
matches "with what lifts it" "$(cat /run/out)" "^  Or lift it by hand: echo > $PCI/$HELD/driver_override\$"
echo none >$cling
eventually "it ends by itself" sh -c "! kill -0 $stuck 2>/dev/null"
eval "$(sed -n 's/^  Or lift it by hand: //p' /run/out)"
is "and nothing is left" "$(overrides)" "(null) (null) (null)"
hold "$short"
is "and then it is held" "$? $(drivers)" "0 $held"
vga-stub lend "$short" >/run/out 2>&1
is "the driver is the host's choice" "$? $(drivers)" "0 fussy snd_hda_intel xhci_hcd"
hold "$short"
is "and held once more" "$? $(drivers)" "0 $held"
vga-stub lend "$short" --to vfio-pci >/run/out 2>&1
is "a driver for guests is none of the host's" "$? $(drivers)" "1 $held"
rmmod fussy
vga-stub lend "$short" --to bochs >/run/out 2>&1
is "a driver by its module's name" "$? $(drivers)" "0 $hosts"

unload
# By IDs vga-stub is asked before a driver that was loaded later.
unbind "$HELD"
rmmod bochs
loads "ids=$(ids_of "$HELD")"
modprobe bochs
vga-stub lend "$short" >/run/out 2>&1
is "what ids= names is lent as well" "$? $(driver_of "$HELD")" "0 bochs-drm"
hold "$short"
is "and held" "$? $(drivers)" "0 $held"
mkdir -p /etc
echo "nobody:x:$NOBODY:$NOBODY::/:/bin/sh" >/etc/passwd
su nobody -s /bin/sh -c "/bin/vga-stub lend $short" >/run/out 2>&1
is "not without root" "$? $(drivers)" "2 $held"
rm /etc/passwd
vga-stub lend "$short" >/run/out 2>&1
unloads
modprobe -r bochs snd-hda-intel xhci-pci
setpci -s "$USB" CACHE_LINE_SIZE="$cache_line"
done_testing
