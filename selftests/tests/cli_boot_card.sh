# SPDX-License-Identifier: GPL-2.0
# Before the module is loaded the doctor says where the boot screen lies and what is not loaded;
# afterwards, that it is gone.
# area: command
# topology: uefiport
# fresh: yes
# sanitizers: no
. /tests/lib.sh

mkdir -p /etc/modprobe.d
echo "options vga_stub devices=$HELD" >/etc/modprobe.d/card.conf
found >/run/found
finds "the module is not loaded" "fail not-loaded boot"
finds "the boot screen lies on the card" "warn bootfb $HELD"
finds "the machine boots with it" "info boot-vga $HELD"
loads "devices=$HELD"
found >/run/found
lacks "the boot screen is gone" "$(cat /run/found)" bootfb
lacks "the module is loaded" "$(cat /run/found)" not-loaded
finds "the ROM has no EFI image" "info rom-no-efi $HELD"
vga-stub doctor >/run/doctor
is "nothing is wrong" $? 0
unloads
loads "devices=$HELD,$HOST"
found >/run/found
matches "no screen for the host" "$(cat /run/found)" '^(info|warn) only-display machine$'
unloads
rm -r /etc/modprobe.d
# virtio-pci is built in, and had the host's card all the time.
done_testing
