# SPDX-License-Identifier: GPL-2.0
# Planted: no bug: the copy of the module is as good as the module, and no sanitizer reports.
# topology: plugin
. /tests/lib.sh

loads ids=1234:1111 handoff=none
unloads
done_testing
