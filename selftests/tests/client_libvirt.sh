# SPDX-License-Identifier: GPL-2.0
# libvirt, Debian's own, which knows nothing of vga-stub: a card is detached and
# reattached, and a domain with <hostdev managed='yes'> is started, destroyed and started
# again. Each time the card is held afterwards.
# area: clients
# topology: clients
# sanitizers: no
# timeout: 200
# once: yes
. /tests/lib.sh

held()
{
	is "$1: the card is held again" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
	is "$1: and silent" "$(decodes "$HELD") $(arbiter_part "$HELD")" \
		"none decodes=none locks=none(0:0)"
}

open_root
loads "devices=$HELD"
modprobe bochs
in_root /usr/lib/systemd/systemd-udevd --daemon
in_root udevadm trigger --action=add
in_root udevadm settle
is "with udev, bochs has the twin only" "$(driver_of "$HELD") $(driver_of "$TWIN")" "vga-stub bochs-drm"

open_libvirt
name=pci_$(echo "$HELD" | tr :. __)
matches "libvirt knows the card" "$(virsh nodedev-dumpxml "$name")" "<name>vga-stub</name>"

matches "nodedev-detach" "$(virsh nodedev-detach "$name")" "detached"
is "the card is vfio-pci's" "$(driver_of "$HELD") $(class "$HELD" state)" "vfio-pci handed-off"
matches "nodedev-reattach" "$(virsh nodedev-reattach "$name")" "re-attached"
held "reattached"

bus=0x$(echo "$HELD" | cut -d : -f 2)
cat >$ROOT/run/domain.xml <<END
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>64</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='$bus' slot='0x00' function='0x0'/></source>
    </hostdev>
  </devices>
</domain>
END
for round in 1 2; do
	matches "start $round" "$(virsh create /run/domain.xml)" "created from"
	is "start $round: the card is in the guest" "$(driver_of "$HELD") $(virsh domstate guest | head -n 1)" \
		"vfio-pci running"
	writes EBUSY 1 "$CLASS/$HELD/reclaim" "start $round: reclaim says so"
	matches "destroy $round" "$(virsh destroy guest)" "destroyed"
	held "destroyed $round"
done
is "the twin never moved" "$(driver_of "$TWIN")" bochs-drm

close_libvirt
in_root udevadm control --exit
unloads
unbind "$TWIN"
close_root
modprobe -r bochs
done_testing
