# SPDX-License-Identifier: GPL-2.0
# After the next reboot the card is the host's again.
# topology: early
. /tests/lib.sh

is "nothing is held" "$(claimed)" ""
is "the host's driver has the card" "$(driver_of "$HELD")" bochs-drm
is "and its twin" "$(driver_of "$TWIN")" bochs-drm
done_testing
