# SPDX-License-Identifier: GPL-2.0
# A physical function is not claimed while its virtual functions are on. The log says what to
# do, and that works.
# area: claim
# topology: classes
# sanitizers: no
. /tests/lib.sh

# A driver that leaves them on when it is unbound.
modprobe pci-pf-stub
ids=$(ids_of "$NIC")
succeeds "a driver has the physical function" bind_to "$NIC" pci-pf-stub
is "virtual functions are switched on" "$(wr "$PCI/$NIC/sriov_numvfs" 2)" 0
unbind "$NIC"
log_mark
loads "ids=$ids"
is "the physical function is not claimed" "$(driver_of "$NIC") $(claimed)" "none "
matches "and that is said" "$(logged)" "$NIC: not claimed: its virtual functions are on; bind it to \
their driver again and write 0 to its sriov_numvfs$"
is "without a driver 0 cannot be written" "$(wr "$PCI/$NIC/sriov_numvfs" 0)" ENOENT
succeeds "what the line says: their driver has it again" bind_to "$NIC" pci-pf-stub
is "and 0 can be written" "$(wr "$PCI/$NIC/sriov_numvfs" 0)" 0
unbind "$NIC"
succeeds "then it can be claimed" bind_to "$NIC" vga-stub
is "and is held" "$(class "$NIC" state)" held
unloads
modprobe -r pci-pf-stub
done_testing
