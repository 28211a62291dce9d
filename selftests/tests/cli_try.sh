# SPDX-License-Identifier: GPL-2.0
# The command tries a card: hold, ROM, hand-off, reclaim, and back to the host. It leaves nothing, also
# when a step fails, and writes a report that can be looked at elsewhere.
# area: command
# topology: multifunction
# timeout: 300
# sanitizers: no
. /tests/lib.sh

card=${HELD%.?}
short=${card#0000:}
hosts="bochs-drm snd_hda_intel xhci_hcd"
# xhci sets it.
cache_line=$(setpci -s "$USB" CACHE_LINE_SIZE)
modprobe -a bochs snd-hda-intel xhci-pci
# Where modprobe finds it.
release=$(uname -r)
mkdir -p "/lib/modules/$release/updates"
cp $MODULE "/lib/modules/$release/updates"
cp "/lib/modules/$release/modules.dep" /run/modules.dep
echo updates/vga_stub.ko: >>"/lib/modules/$release/modules.dep"

# state: what is to be as it was
state()
{
	drivers
	cat "$PCI/$HELD/driver_override" "$PCI/$AUDIO/driver_override" "$PCI/$USB/driver_override"
	arbiter_lines
	grep -l 'frame buffer' /sys/class/vtconsole/*/name | sed 's/name$/bind/' | xargs cat
	cut -d ' ' -f 1 /proc/modules | grep -E '^(vga_stub|vfio_pci)$'
}

state >/run/before
vga-stub try "$short" --output /run/card.report >/run/out 2>&1
is "a trial is good" $? 0
is "all is as it was" "$(state | diff /run/before -)" ""
matches "who had it is said" "$(tr -s '[:space:]' ' ' </run/out)" " ok hold .* ${HELD#0000:} from bochs-drm"
matches "its ROM" "$(cat /run/out)" "^  ok    ROM .*${HELD#0000:}: source bar, status ok, 39424 bytes"
matches "the hand-off" "$(cat /run/out)" '^  ok    hand-off .*to vfio-pci'
matches "the reclaim" "$(cat /run/out)" '^  ok    reclaim  '
matches "who has it now" "$(cat /run/out)" "^  ok    give back .*${HELD#0000:} to bochs-drm"
matches "that all is as it was" "$(cat /run/out)" '^  ok    as it was  drivers'
is "the report begins with it" "$(head -n 1 /run/card.report) $(grep -c "^Trial of $short " /run/card.report)" "vga-stub report 1 1"
matches "and can be looked at" "$(vga-stub --root /run/card.report list "$short")" "ROM +source bar, status ok"

vga-stub try "$short" --output /run/card.report >/run/out 2>&1
is "a report is not overwritten" $? 2
is "and nothing was touched" "$(state | diff /run/before -)" ""
rm /run/card.report

node=/dev/dri/$(basename "$(echo "$PCI/$HELD"/drm/card*)")
# shellcheck disable=SC2217  # it has it open
sleep 100 <"$node" &
user=$!
vga-stub try "$short" --output /run/card.report >/run/out 2>&1
is "an open card is not tried" $? 1
matches "who has it is named" "$(cat /run/out)" "is open in sleep \($user\)"
kill $user
wait $user
is "nothing was touched" "$(state | diff /run/before -)" ""
rm /run/card.report

# The hand-off fails, when the companions have moved.
insmod /lib/fussy.ko refuse="$HELD"
loads handoff=fussy
state >/run/before
vga-stub try --json "$short" --output /run/card.report >/run/out 2>/run/err
is "a step that fails is told of" $? 1
is "which one, in the JSON" "$(tr -d ' \n' </run/out | grep -c '"step":"hand-off","good":false')" 1
matches "with the error" "$(cat /run/out)" "$short was not handed off: EIO: "
is "all was put back" "$(state | diff /run/before -)" ""
rm /run/card.report
unloads

# A driver does not come back from the hand-off. (A reclaim the module gives up by itself.)
loads handoff=fussy
dawdle=/sys/module/fussy/parameters/dawdle
echo none >/sys/module/fussy/parameters/refuse
echo "$HELD" >$dawdle
vga-stub try "$short" --output /run/card.report >/run/out 2>&1
is "a driver that does not come back ends it" $? 1
said=$(tr -s '[:space:]' ' ' </run/out)
matches "which is said" "$said" \
	"FAIL hand-off $short was not handed off: it has not come back within 30 s; process [0-9]+ waits in it"
matches "nothing more is touched" "$said" "FAIL give back Nothing more was touched"
matches "nor looked at" "$said" "FAIL as it was It was not looked at"
is "the report has the story and no machine" "$(grep -c '^Trial of ' /run/card.report) $(grep -c '^[fld] /' /run/card.report)" "1 0"
echo none >$dawdle
all_moved()
{
	[ "$(drivers)" = "fussy fussy fussy" ]
}
eventually "the hand-off ends by itself" all_moved
vga-stub reclaim "$short" >/run/out 2>&1
is "it is held" "$? $(drivers)" "0 vga-stub vga-stub vga-stub"
vga-stub lend "$short" >/run/out 2>&1
is "the host has it again" "$? $(drivers)" "0 $hosts"
rm /run/card.report
unloads
rmmod fussy

loads "devices=$HELD"
state >/run/before
vga-stub lend "$short" >/run/out 2>&1
vga-stub hold "$short" >/run/out 2>&1
is "a card that was held" "$? $(drivers)" "0 vga-stub vga-stub vga-stub"
vga-stub try "$short" --output /run/card.report >/run/out 2>&1
is "can be tried, too" "$? $(drivers)" "0 vga-stub vga-stub vga-stub"
vga-stub lend "$short" >/run/out 2>&1
is "the host has it in the end" "$(drivers)" "$hosts"
unloads
rm -r "/lib/modules/$release/updates"
mv /run/modules.dep "/lib/modules/$release/modules.dep"
modprobe -r bochs snd-hda-intel xhci-pci
setpci -s "$USB" CACHE_LINE_SIZE="$cache_line"
done_testing
