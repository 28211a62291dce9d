# SPDX-License-Identifier: GPL-2.0
# Planted: a timer that is freed while it is armed.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=live-object
unloads
done_testing
