# SPDX-License-Identifier: GPL-2.0
# An X server on the host's card, in every state of two other cards: whether it asks the VGA
# arbiter for each drawing request, and locks VGA, by the table of Documentation/legacy-vga.rst.
# The boot card, which such a server locks by default, stays silent while it is held.
# area: arbiter
# topology: desktop
# timeout: 400
# once: yes
# sanitizers: no
. /tests/lib.sh

# drawn STATE: what the server found when it started, and what it asks now
drawn()
{
	wraps=$(xorg_wraps)
	printf '%-42s %s  %-9s %s\n' "$1" "$(arbiter_count)" "${wraps#* }" "$(xorg_draws)" >>/run/table
	case $(driver_of "$INTEGRATED") in
	vga-stub) is "$1: the boot card is silent" "$(decodes "$INTEGRATED")" none ;;
	esac
}

# row STATE: the same of a server that starts now
row()
{
	xorg_starts
	case $(arbiter_count) in
	1) is "$1: its log says nothing of the arbiter" "$(xorg_wraps)" "" ;;
	*) is "$1: its log says what it found" "$(xorg_wraps)" "$(arbiter_count) enabled" ;;
	esac
	drawn "$1"
	xorg_ends
}

open_lab
rmmod vfio-pci
open_xorg
: >/run/table
row untouched
modprobe pci-stub
for bdf in "$HELD" "$INTEGRATED"; do bind_to "$bdf" pci-stub; done
row pci-stub
for bdf in "$HELD" "$INTEGRATED"; do unbind "$bdf"; done
rmmod pci-stub
for disable in 0 1; do
	modprobe vfio-pci disable_vga=$disable
	for bdf in "$HELD" "$INTEGRATED"; do bind_to "$bdf" vfio-pci; done
	row "vfio-pci, disable_vga=$disable"
	for bdf in "$HELD" "$INTEGRATED"; do unbind "$bdf"; done
	rmmod vfio-pci
done

xorg_starts
loads ids=1234:1111
modprobe vfio-pci
eventually "the host's card has the ranges" owns "$HOST"
drawn "held, a server from before"
xorg_ends
row "held"
for choice in arbitrated none owned; do
	writes 0 $choice "$CLASS/$HELD/legacy"
	writes 0 1 "$CLASS/$HELD/handoff"
	row "port's handed off, $choice"
	writes 0 1 "$CLASS/$HELD/reclaim"
	eventually "the host's card has the ranges again" owns "$HOST"
done
writes 0 arbitrated "$CLASS/$HELD/legacy"
writes 0 1 "$CLASS/$HELD/handoff"
boot_machine "$HELD"
is "a machine starts" "$(cat /run/machine.serial)" '!'
row "port's in an x-vga guest"
succeeds "and runs" kill -0 "$machine"
stop_machine
writes 0 1 "$CLASS/$HELD/reclaim"
eventually "the host's card has the ranges again" owns "$HOST"
for choice in arbitrated owned; do
	writes 0 $choice "$CLASS/$INTEGRATED/legacy"
	writes 0 1 "$CLASS/$INTEGRATED/handoff"
	row "root bus's handed off, $choice"
	writes 0 1 "$CLASS/$INTEGRATED/reclaim"
	eventually "the host's card has the ranges again" owns "$HOST"
done
writes 0 arbitrated "$CLASS/$INTEGRATED/legacy"
writes 0 none "$CLASS/$HELD/legacy"
for bdf in "$HELD" "$INTEGRATED"; do writes 0 1 "$CLASS/$bdf/handoff"; done
row "both handed off, none and arbitrated"
writes 0 arbitrated "$CLASS/$HELD/legacy"
row "both handed off, arbitrated"
for bdf in "$HELD" "$INTEGRATED"; do writes 0 1 "$CLASS/$bdf/reclaim"; done
row "reclaimed"
unloads
row "released"

sed 's/ *$//' /run/table >/run/table.got
cat >/run/table.expected <<'TABLE'
untouched                                  3  enabled   each     each
pci-stub                                   3  enabled   each     each
vfio-pci, disable_vga=0                    3  enabled   each     each
vfio-pci, disable_vga=1                    2  enabled   each     each
held, a server from before                 1  enabled   each     0
held                                       1            0        0
port's handed off, arbitrated              2  enabled   each     0
port's handed off, none                    1            0        0
port's handed off, owned                   2  enabled   each     0
port's in an x-vga guest                   2  enabled   each     0
root bus's handed off, arbitrated          2  enabled   each     each
root bus's handed off, owned               2  enabled   each     each
both handed off, none and arbitrated       2  enabled   each     each
both handed off, arbitrated                3  enabled   each     each
reclaimed                                  1            0        0
released                                   3  enabled   each     each
TABLE
is "the table is as documented" "$(cat /run/table.got)" "$(cat /run/table.expected)"
# As the host's driver had it.
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
close_xorg
close_lab
done_testing
