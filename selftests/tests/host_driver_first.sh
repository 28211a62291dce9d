# SPDX-License-Identifier: GPL-2.0
# A card that a host driver already has is never taken: one line says who has it, how to
# be earlier, and how to claim it now. What it says works.
# area: claim
# topology: twins
. /tests/lib.sh

modprobe bochs
is "bochs has the card" "$(driver_of "$HELD")" bochs-drm
log_mark
loads ids=1234:1111
is "bochs still has it" "$(driver_of "$HELD")" bochs-drm
is "bochs still has its twin" "$(driver_of "$TWIN")" bochs-drm
now="To claim it now: write vga-stub to its driver_override, its address to its driver/unbind \
if it has a driver, then to /sys/bus/pci/drivers_probe"
for card in "$HELD" "$TWIN"; do
	is "one line for $card" "$(logged | grep -c "$card.*bochs")" 1
	matches "  it says what to do" "$(logged)" "$card: not claimed: bochs-drm has it. To be earlier: \
\"softdep bochs pre: vga_stub\" in /etc/modprobe.d and a new initramfs. $now \[host-first\]\$"
done
fails "no forced unbind, no claim by itself" test -e "$CLASS/$HELD/state"

# claim_now BDF: what the line says
claim_now()
{
	echo vga-stub >"$PCI/$1/driver_override"
	[ ! -e "$PCI/$1/driver" ] || echo "$1" >"$PCI/$1/driver/unbind"
	echo "$1" >/sys/bus/pci/drivers_probe
}

claim_now "$TWIN"
is "what the line says works" "$(driver_of "$TWIN") $(class "$TWIN" state)" "vga-stub held"
echo >"$PCI/$TWIN/driver_override"
unloads

# Nobody has it, and somebody wants that it stays so.
unbind "$HELD"
echo nobody >"$PCI/$HELD/driver_override"
log_mark
loads "devices=$HELD"
is "an override that is there stands" "$(driver_of "$HELD") $(cat "$PCI/$HELD/driver_override")" \
	"none nobody"
matches "and that is said" "$(logged)" "$HELD: not claimed: its driver_override is for another driver. $now \[override-left\]\$"
claim_now "$HELD"
is "what the line says works then" "$(driver_of "$HELD") $(class "$HELD" state)" "vga-stub held"
echo >"$PCI/$HELD/driver_override"
unloads
modprobe -r bochs
done_testing
