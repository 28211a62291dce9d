# SPDX-License-Identifier: GPL-2.0
# Planted: an allocation that may sleep, under a spinlock.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=atomic-sleep
unloads
done_testing
