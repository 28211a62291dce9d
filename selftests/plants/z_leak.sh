# SPDX-License-Identifier: GPL-2.0
# Planted: a lost allocation, which leaks.sh finds at the end of the boot.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=leak
unloads
done_testing
