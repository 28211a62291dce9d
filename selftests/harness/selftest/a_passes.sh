# SPDX-License-Identifier: GPL-2.0
# A test as it should be.
# timeout: 20
. /tests/lib.sh
pass "this passes"
done_testing
