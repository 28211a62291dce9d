# SPDX-License-Identifier: GPL-2.0
# Forty display cards, sixteen of them in VGA arbitration, and three are chosen.
# area: choose
# topology: forty
. /tests/lib.sh

displays=$(grep -l '^0x03' "$PCI"/*/class | wc -l)
is "the machine has 57 display cards" "$displays" 57
before=$(arbiter_count)
is "17 take part in arbitration" "$before" 17
modprobe bochs
unbind "$CARD1"
unbind "$CARD2"
unbind "$VGA16"
log_mark
loads "devices=$CARD1,$CARD2=1234:1111,$VGA16"
is "three are held" "$(claimed)" \
	"$(printf '%s\n' "$CARD1" "$CARD2" "$VGA16" | sort | xargs)"
is "all others have bochs" "$(find /sys/bus/pci/drivers/bochs-drm/ -name '0000:*' | wc -l)" $((displays - 4))
is "nothing was said of others" "$(logged | grep -o 'vga-stub 0000:[^ ]*' | sort -u | wc -l)" 3
is "one less takes part in arbitration" "$(arbiter_count)" 16
is "the held one decodes nothing" "$(decodes "$VGA16")" none
unloads
is "all take part again" "$(arbiter_count)" "$before"
modprobe -r bochs
done_testing
