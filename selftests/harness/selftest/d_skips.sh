# SPDX-License-Identifier: GPL-2.0
# timeout: 20
. /tests/lib.sh
skip_all "nothing to test"
