# SPDX-License-Identifier: GPL-2.0
# The command hands a card off and takes it back, says nothing to do the second time, and who is in
# the way with the kernel's own line; it does nothing without root, and nothing to another machine.
# area: command
# topology: multifunction
# sanitizers: no
. /tests/lib.sh

card=${HELD%.?}
short=${card#0000:}
loads "devices=$card.*"
is "all are held" "$(drivers)" "vga-stub vga-stub vga-stub"

vga-stub handoff --dry-run "$short" >/run/out
is "a dry run is good" $? 0
is "it says what would be done" "$(cat /run/out)" "For $short this would be done:
  write 1 to $CLASS/$HELD/handoff"
is "and does nothing" "$(drivers)" "vga-stub vga-stub vga-stub"

mkdir -p /etc
echo "nobody:x:$NOBODY:$NOBODY::/:/bin/sh" >/etc/passwd
su nobody -s /bin/sh -c "/bin/vga-stub handoff $short" >/run/out 2>&1
is "without root the exit status is 2" $? 2
is "and what to type is said" "$(cat /run/out)" "vga-stub: needs root: sudo vga-stub handoff $short"
is "nothing has moved" "$(drivers)" "vga-stub vga-stub vga-stub"
# What udev's rules can allow.
chown "$NOBODY" "$CLASS/$HELD/handoff" "$CLASS/$AUDIO/handoff" "$CLASS/$USB/handoff"
modprobe vfio-pci
su nobody -s /bin/sh -c "/bin/vga-stub handoff $short" >/run/out 2>&1
is "who may write to the files may hand off" $? 0
is "all have moved" "$(drivers)" "vfio-pci vfio-pci vfio-pci"
rm /etc/passwd
group=$(basename "$(readlink "$PCI/$HELD/iommu_group")")
matches "the guest's file is named" "$(cat /run/out)" "^$short is with vfio-pci: /dev/vfio/$group"

vga-stub handoff "$short" >/run/out 2>/run/err
is "the second time is good" $? 0
is "it says so where errors go" "$(cat /run/out /run/err)" "$short: nothing to do: it is with vfio-pci"
is "not if it is to be quiet" "$(vga-stub handoff -q "$short" vfio_pci 2>&1)" ""
vga-stub handoff "$short" pci-stub >/run/out 2>&1
is "another driver does not get it" $? 1
matches "by the kernel's line" "$(cat /run/out)" "the kernel's log: vfio-pci $HELD: nothing moved: $HELD is not held; it has vfio-pci"

keep_using "$HELD"
vga-stub reclaim "$short" >/run/out 2>&1
is "a card in use stays" $? 1
matches "the error has its name" "$(cat /run/out)" "^vga-stub: $short was not taken back: EBUSY: "
matches "the kernel's line is there" "$(cat /run/out)" "^  the kernel's log: vfio-pci .* in use: a program has it open"
matches "who uses it is named" "$(cat /run/out)" "^vga-stub: ${HELD#0000:} is in use by vfio-client \($client\)$"
matches "and that nothing moved" "$(cat /run/out)" '^vga-stub: Nothing has moved\.$'
is "nothing has" "$(drivers)" "vfio-pci vfio-pci vfio-pci"
vga-stub reclaim --wait 60 "$short" >/run/out 2>&1 &
waiter=$!
sleep 1
succeeds "it waits for the guest" kill -0 $waiter
stop_using
wait $waiter
is "and takes the card when that has gone" "$? $(drivers)" "0 vga-stub vga-stub vga-stub"
is "it says so" "$(cat /run/out)" "$short is held"
is "the second time there is nothing to do" "$(vga-stub reclaim "$short" 2>&1)" "$short: nothing to do: it is held"

vga-stub handoff --json "$short" none >/run/out
is "a driver that is not there" $? 1
matches "its error is in the JSON" "$(cat /run/out)" '"error": "ENODEV: '
matches "and the kernel's line" "$(cat /run/out)" '"vga_stub: .*none is no driver|"vga-stub .*none is no driver'
vga-stub handoff "$short" 'a/b' >/run/out 2>&1
is "what can be no driver" "$? $(cat /run/out)" "2 vga-stub: a/b is no driver's name"
vga-stub --root / handoff "$short" >/run/out 2>&1
is "another machine is not changed" $? 2
vga-stub handoff all >/run/out 2>&1
is "all that are named" "$? $(drivers)" "0 vfio-pci vfio-pci vfio-pci"
vga-stub reclaim all >/run/out 2>&1
is "and back" "$? $(drivers)" "0 vga-stub vga-stub vga-stub"
unloads

vga-stub handoff "$short" >/run/out 2>&1
is "without the module" "$? $(head -n 1 /run/out)" "1 vga-stub: $short: the module vga_stub is not loaded"
loads "devices=$HELD"
vga-stub handoff "$AUDIO" >/run/out 2>&1
is "what was not claimed" "$? $(head -n 1 /run/out)" "1 vga-stub: ${AUDIO#0000:} has not been claimed by vga-stub"
unloads
done_testing
