# SPDX-License-Identifier: GPL-2.0
# All assertions pass, but a device is not left as it was found.
# timeout: 20
. /tests/lib.sh
for dev in "$PCI"/*; do
	echo pci-stub >"$dev/driver_override"
	break
done
pass "this passes"
done_testing
