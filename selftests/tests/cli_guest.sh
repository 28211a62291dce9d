# SPDX-License-Identifier: GPL-2.0
# What the command prints for a guest, a virtual machine boots with. Debian's libvirt takes the XML
# of a card of three functions, on a root port that is chosen or new; the domain has them on
# one slot, and its boot text is on the card's screen. QEMU takes the arguments and shows the
# same.
# area: command
# topology: domains
# once: yes
# timeout: 700
# sanitizers: no
. /tests/lib.sh

# define NAME: has a domain of that name, as a user would begin one
define()
{
	cat >$ROOT/run/domain.xml <<-END
		<domain type='qemu'>
		  <name>$1</name>
		  <memory unit='MiB'>128</memory>
		  <os><type arch='x86_64' machine='q35'>hvm</type></os>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <disk type='file' device='disk'>
		      <driver name='qemu' type='raw'/>
		      <source file='/run/greeting.img'/>
		      <target dev='sda' bus='sata'/>
		    </disk>
		    <serial type='file'><source path='/run/serial'/></serial>
		  </devices>
		</domain>
	END
	matches "domain $1" "$(virsh define /run/domain.xml)" defined
}

# shape NAME: where the card's functions are in a domain, and which are several on a slot
shape()
{
	virsh dumpxml --inactive "$1" | sed -n '/<hostdev/,/<.hostdev>/p' |
		sed -n "s/.*<address type='pci'.*bus='0x\(..\)' slot='0x\(..\)' function='0x\(.\)'\(.*\)\/>/\1:\2.\3\4/p" |
		xargs
}

states()
{
	for t_bdf in "$HELD" "$AUDIO" "$USB"; do class "$t_bdf" state; done | xargs
}

open_root
loads devices=00:03.0/00.*
is "the card is held" "$(states)" "held held held"
# SeaBIOS reads no disk of one sector by AHCI, which q35 has.
truncate -s 1M /run/greeting.img
cp /run/greeting.img $ROOT/run
open_libvirt
slot=${HELD%.?}

# What it prints is what libvirt's own schema has, with a port of its own.
define new
vga-stub xml "$slot" >$ROOT/run/new-card.xml 2>/run/hint
is "it prints" $? 0
matches "the root port is new" "$(cat $ROOT/run/new-card.xml)" "<controller .*index='16' model='pcie-root-port'/>"
virsh dumpxml --inactive new | in_root /usr/bin/sed '/<.devices>/e cat /run/new-card.xml' >$ROOT/run/new.xml
in_root virt-xml-validate /run/new.xml domain >/run/valid 2>&1
is "libvirt's schema has it" "$? $(cat /run/valid)" "0 /run/new.xml validates"
matches "libvirt takes a port beyond its last" "$(virsh define --validate /run/new.xml)" defined
is "the functions are on one slot" "$(shape new)" \
	"10:00.0 multifunction=on 10:00.1 10:00.2"

# On a free port of a domain, by the commands that it prints.
define guest
vga-stub --root $ROOT xml "$slot" --domain guest >$ROOT/run/card.xml 2>/run/hint
is "it sees the domain" $? 0
lacks "a free port is taken" "$(cat $ROOT/run/card.xml)" "<controller"
editing=$(sed -n 's/^  \(EDITOR=.*\)/\1/p' /run/hint)
matches "it says how to put it in" "$(in_root sh -c "cd /run && $editing" 2>&1)" "XML configuration edited"
bus=$(shape guest | cut -d : -f 1)
succeeds "that is a bus of the domain" sh -c \
	"chroot $ROOT virsh dumpxml guest | grep -q \"index='\$((0x$bus))' model='pcie-root-port'\""
is "the functions are on it" "$(shape guest)" "$bus:00.0 multifunction=on $bus:00.1 $bus:00.2"
vga-stub --root $ROOT xml "$slot" --domain guest >/run/again 2>&1
matches "once more it says that they are there" "$(cat /run/again)" "The domain has .* already: take these"
matches "and has the same slot" "$(cat /run/again)" "bus='0x$bus' slot='0x00' function='0x2'/>"

# For its boot text a BIOS guest wants x-vga, which libvirt has in another place.
sed -n '/<qemu:override/,/<.qemu:override>/p' $ROOT/run/card.xml >$ROOT/run/override.xml
virsh dumpxml --inactive guest | in_root /usr/bin/sed '/<.domain>/e cat /run/override.xml' >$ROOT/run/guest.xml
matches "libvirt takes what is to be before </domain>" "$(virsh define --validate /run/guest.xml)" defined

ask picture domain-before held >/run/before
lacks "nothing is on the screen" "$(cat /run/before)" "$GREETING"
: >$ROOT/run/serial
matches "the domain starts" "$(virsh start guest)" started
# virsh is slow here.
await_machine $ROOT/run/serial kill -0 "$(cat $ROOT/run/libvirt/qemu/guest.pid)"
is "it boots" "$(cat $ROOT/run/serial)" '!'
is "the whole card is in it" "$(states)" "handed-off handed-off handed-off"
matches "its boot text is on the screen" "$(ask picture domain held)" "$GREETING"
echo "# by libvirt: $machine_took s"
matches "it ends" "$(virsh destroy guest)" destroyed
is "the card is held again" "$(states)" "held held held"
close_libvirt

# The same text, but for its last word, by QEMU itself.
writes 0 1 "$CLASS/$HELD/handoff"
vga-stub qemu "$slot" --seabios >/run/arguments 2>/run/hint
is "it prints arguments" $? 0
is "xargs takes them in NULs" \
	"$(vga-stub qemu "$slot" --seabios --null 2>/dev/null | chroot $LAB /usr/bin/xargs -0 -n 1)" \
	"$(cat /run/arguments)"
matches "it says what is to be done before" "$(cat /run/hint)" "vga-stub handoff ${slot#0000:}"
sed 's/a virtual machine\./a printed machine./' /run/greeting.img >/run/printed.img
: >/run/machine.serial
# shellcheck disable=SC2046  # words
chroot $LAB qemu-system-x86_64 -accel tcg -machine q35 -m 128 -nodefaults -vga none -display none \
	$(cat /run/arguments) -drive file=/run/printed.img,format=raw,if=none,id=disk \
	-device ide-hd,drive=disk -serial file:/run/machine.serial >/run/machine.out 2>&1 &
machine=$!
await_machine /run/machine.serial kill -0 $machine
is "the machine boots" "$(cat /run/machine.serial)" '!'
matches "its boot text is on the screen" "$(ask picture printed held)" \
	'^This is the screen of a printed machine\.$'
echo "# by QEMU: $machine_took s"
kill $machine
wait $machine
sed 's/^/# /' /run/machine.out
writes 0 1 "$CLASS/$HELD/reclaim"
is "the card is held in the end" "$(states)" "held held held"
unloads
close_root
done_testing
