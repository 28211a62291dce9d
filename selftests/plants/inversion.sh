# SPDX-License-Identifier: GPL-2.0
# Planted: two locks that are taken in both orders.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=inversion
unloads
done_testing
