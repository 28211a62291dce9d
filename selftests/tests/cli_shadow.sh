# SPDX-License-Identifier: GPL-2.0
# The doctor says that only the shadow of a card's ROM could be read.
# area: command
# topology: bootport
# fresh: yes
# sanitizers: no
. /tests/lib.sh

insmod /lib/crowd.ko device="$HELD"
loads ids=1234:1111
is "the source is the shadow" "$(class "$HELD" rom_source)" shadow
found >/run/found
finds "the doctor says so" "warn rom-shadow $HELD"
unloads
rmmod crowd
done_testing
