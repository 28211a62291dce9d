# SPDX-License-Identifier: GPL-2.0
# The doctor says that the firmware reserves memory for a card, once the kernel has refused to give
# it away, and that interrupts are not remapped.
# area: command
# topology: noremap
# sanitizers: no
. /tests/lib.sh

found >/run/found
finds "interrupts are not remapped" "warn irq-remap machine"
loads "devices=$HELD"
found >/run/found
lacks "nothing forbids a guest" "$(cat /run/found)" rmrr
insmod /lib/reserved.ko "device=$HELD"
writes EINVAL 1 "$CLASS/$HELD/handoff"
found >/run/found
finds "the firmware does" "fail rmrr ${HELD%.?}"
matches "by the kernel's own line" "$(vga-stub doctor --verbose)" "$HELD: Firmware has requested"
rmmod reserved
unloads
done_testing
