# SPDX-License-Identifier: GPL-2.0
# The doctor says that the kernel's command line switches the IOMMU off, and which of its words do
# nothing.
# area: command
# topology: words
# sanitizers: no
. /tests/lib.sh

found >/run/found
finds "the IOMMU is off by a word" "warn iommu-kernel machine"
finds "words that do nothing" "warn leftovers machine"
finds "no kernel of ours has that patch" "warn acs-override machine"
matches "which word" "$(vga-stub doctor)" 'has the IOMMU off because of intel_iommu=off'
loads "devices=$HELD"
found >/run/found
finds "with a card for guests that is a failure" "fail iommu-kernel machine"
finds "another tool claims the card" "warn rival $HELD"
unloads
done_testing
