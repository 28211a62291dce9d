# SPDX-License-Identifier: GPL-2.0
# A held card decodes nothing for the arbiter, which counts one card less; nothing
# that exists does that for a root-bus card. Afterwards all is as before.
# area: arbiter
# topology: plugin igd uefi conventional
. /tests/lib.sh

line()
{
	arbiter "$HELD" | sed 's/,owns.*//'
}

count=$(arbiter_count)
is "both cards take part" "$count" 2
is "the card decodes at first" "$(line)" "decodes=io+mem"

# What there is today. vfio-pci at its best: with disable_vga, and the card behind
# a bridge, it does give up decode.
modprobe pci-stub
succeeds "pci-stub takes it" bind_to "$HELD" pci-stub
is "under pci-stub the count is not lower" "$(arbiter_count)" "$count"
is "under pci-stub the card decodes" "$(line)" "decodes=io+mem"
unbind "$HELD"
modprobe vfio-pci
succeeds "vfio-pci takes it" bind_to "$HELD" vfio-pci
is "under vfio-pci the count is not lower" "$(arbiter_count)" "$count"
is "under vfio-pci the card decodes" "$(line)" "decodes=io+mem"
unbind "$HELD"

loads ids=1234:1111
is "held, the count is one lower" "$(arbiter_count)" $((count - 1))
is "held, the card decodes and locks nothing" "$(arbiter_part "$HELD")" \
	"decodes=none locks=none(0:0)"
is "the host's card decodes" "$(arbiter "$HOST" | sed 's/,owns.*//')" "decodes=io+mem"

unbind "$HELD"
is "released, both take part" "$(arbiter_count)" "$count"
is "released, the card decodes" "$(line)" "decodes=io+mem"
unloads
is "unloaded, both take part" "$(arbiter_count)" "$count"
done_testing
