# SPDX-License-Identifier: GPL-2.0
# Under Xen the doctor says what is otherwise there, and does not say that the IOMMU is off, which dom0
# cannot see.
# area: command
# topology: xen
# sanitizers: no
. /tests/lib.sh

loads "devices=$HELD"
found >/run/found
finds "it is Xen's" "info xen machine"
lacks "nothing is wrong with the IOMMU" "$(cat /run/found)" "iommu-"
lacks "nothing fails" "$(cat /run/found)" "^fail"
unloads
done_testing
