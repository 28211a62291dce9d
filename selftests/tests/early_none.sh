# SPDX-License-Identifier: GPL-2.0
# What would happen without vga-stub, so that the others mean something: bochs gets both.
# area: claim
# topology: earlynone
# sanitizers: no
# once: yes
. /tests/lib.sh

is "bochs has the card" "$(driver_of "$HELD")" bochs-drm
is "and its twin" "$(driver_of "$TWIN")" bochs-drm
done_testing
