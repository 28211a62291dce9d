# SPDX-License-Identifier: GPL-2.0
# Under Xen, in dom0: the card is claimed and its true ROM captured; handed to pciback it
# is assignable, a PV guest gets it, and while the guest has it, it is not taken back.
# area: clients
# topology: xen
# sanitizers: no
# once: yes
# timeout: 200
. /tests/lib.sh

open_dom0
before=$(arbiter_count)
loads ids=1234:1111
is "the card is held" "$(class "$HELD" state)" held
is "its ROM is the card's own" "$(class "$HELD" rom_source)" bar
succeeds "byte for byte" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
is "it is silent" "$(decodes "$HELD") $(arbiter_part "$HELD")" "none decodes=none locks=none(0:0)"
is "the arbiter counts one card less" "$(arbiter_count)" $((before - 1))

writes 0 pciback "$CLASS/$HELD/handoff"
is "pciback has it, its module was loaded" "$(driver_of "$HELD") $(class "$HELD" state)" \
	"pciback handed-off"
is "it is assignable" "$(xl pci-assignable-list | xargs)" "$HELD"
writes 0 1 "$CLASS/$HELD/reclaim"
is "reclaimed" "$(driver_of "$HELD") $(decodes "$HELD")" "vga-stub none"
is "nothing is assignable" "$(xl pci-assignable-list)" ""
writes 0 pciback "$CLASS/$HELD/handoff"

# The guest: busybox, lspci, pcifront; it says what it sees on its console, and stays.
mkdir -p /run/guest/dev /run/guest/proc /run/guest/sys
cp -r /bin /lib /run/guest
ln -s . /run/guest/usr
ln -s lib /run/guest/lib64
rm -f /run/guest/lib/*.ko
cat >/run/guest/init <<'END'
#!/bin/busybox sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
exec >/dev/hvc0 2>&1
modprobe xen-pcifront
tries=60
until lspci -n | grep -q . || [ $tries = 0 ]; do
	tries=$((tries - 1))
	sleep 1
	# Where the backend comes late, the frontend takes it for one that was reset, and waits.
	[ $((tries % 15)) != 0 ] || { modprobe -r xen-pcifront; modprobe xen-pcifront; }
done
echo "seen: $(lspci -n)"
sleep 1000
END
chmod +x /run/guest/init
(cd /run/guest && find . | cpio -o -H newc) 2>/dev/null >$ROOT/run/guest.cpio
cat >$ROOT/run/guest.cfg <<END
name = "guest"
type = "pv"
kernel = "$KERNEL"
ramdisk = "/run/guest.cpio"
extra = "console=hvc0"
memory = 320
vcpus = 1
pci = ["$HELD"]
END
create_domain
matches "the guest runs" "$(xl list)" "^guest "
t_tries=60
until grep -q seen: $ROOT/run/xen/guest-guest.log 2>/dev/null || [ $t_tries = 0 ]; do
	t_tries=$((t_tries - 1))
	sleep 1
done
matches "it sees the card" "$(grep seen: $ROOT/run/xen/guest-guest.log)" "seen: .* 0300: 1234:1111"
log_mark
writes EBUSY 1 "$CLASS/$HELD/reclaim" "while it runs, reclaim says so"
matches "and the log" "$(logged)" "nothing moved: $HELD is in use by another domain"
is "nothing has moved" "$(driver_of "$HELD")" pciback
destroy_domain
writes 0 1 "$CLASS/$HELD/reclaim"
is "afterwards it comes back" "$(driver_of "$HELD") $(decodes "$HELD")" "vga-stub none"
succeeds "with its ROM" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
unloads
is "the arbiter counts as before" "$(arbiter_count)" "$before"
close_dom0
rm -rf /run/guest
done_testing
