# SPDX-License-Identifier: GPL-2.0
# Planted: an access out of bounds.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=out-of-bounds
unloads
done_testing
