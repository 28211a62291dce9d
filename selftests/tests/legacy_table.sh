# SPDX-License-Identifier: GPL-2.0
# What the arbiter counts, and what it has each card decode and own, in every state: the table of
# Documentation/legacy-vga.rst. (checks/tables.sh compares the two.)
# area: arbiter
# topology: legacy
# fresh: yes
. /tests/lib.sh

# row STATE: HOST, the card behind a port, the one on the root bus
row()
{
	printf '%-42s %d  ' "$1" "$(arbiter_count)"
	for bdf in "$HOST" "$HELD" "$INTEGRATED"; do
		line=$(arbiter "$bdf")
		decodes=${line#decodes=}
		printf ' %-6s' "${decodes%%,*}"
	done
	for bdf in "$HELD" "$INTEGRATED"; do
		printf ' %-10s' "$(decodes "$bdf" | sed 's/ master//')"
	done
	echo
} >>/run/table

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

loads ids=1234:1111
modprobe vfio-pci
eventually "the host's card has the ranges" owns "$HOST"
row "held"
for choice in arbitrated none owned; do
	writes 0 $choice "$CLASS/$HELD/legacy"
	writes 0 1 "$CLASS/$HELD/handoff"
	row "port's handed off, $choice"
	writes 0 1 "$CLASS/$HELD/reclaim"
	eventually "the host's card has the ranges again" owns "$HOST"
done
writes EOPNOTSUPP none "$CLASS/$INTEGRATED/legacy"
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
untouched                                  3   io+mem io+mem io+mem io mem     io mem
pci-stub                                   3   io+mem io+mem io+mem io mem     io mem
vfio-pci, disable_vga=0                    3   io+mem io+mem io+mem io mem     io mem
vfio-pci, disable_vga=1                    2   io+mem none   io+mem io mem     io mem
held                                       1   io+mem none   none   none       none
port's handed off, arbitrated              2   io+mem io+mem none   io mem     none
port's handed off, none                    1   io+mem none   none   io mem     none
port's handed off, owned                   2   io+mem io+mem none   io mem     none
root bus's handed off, arbitrated          2   io+mem none   io+mem none       io mem
root bus's handed off, owned               2   io+mem none   io+mem none       io mem
both handed off, none and arbitrated       2   io+mem none   io+mem io mem     io mem
both handed off, arbitrated                3   io+mem io+mem io+mem io mem     io mem
reclaimed                                  1   io+mem none   none   none       none
released                                   3   io+mem io+mem io+mem io mem     io mem
TABLE
is "the table is as documented" "$(cat /run/table.got)" "$(cat /run/table.expected)"
done_testing
