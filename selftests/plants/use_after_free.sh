# SPDX-License-Identifier: GPL-2.0
# Planted: a use after free.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=use-after-free
unloads
done_testing
