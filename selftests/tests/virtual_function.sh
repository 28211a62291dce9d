# SPDX-License-Identifier: GPL-2.0
# A virtual function is held, handed off and taken back like any other, though its IDs read as ones and
# its decode bits as zeros. When the virtual functions are switched off, its directory goes.
# area: claim
# topology: classes
. /tests/lib.sh

modprobe igb
eventually "the physical function has its driver" sh -c ". /tests/lib.sh; [ \$(driver_of $NIC) = igb ]"
is "virtual functions are switched on" "$(wr "$PCI/$NIC/sriov_numvfs" 2)" 0
vf=$(basename "$(realpath "$PCI/$NIC/virtfn0")")
other=$(basename "$(realpath "$PCI/$NIC/virtfn1")")
is "the IDs of one read as ones" "$(config "$vf" 0 4)" ffffffff
cfgsnap save /run/found

loads
succeeds "it is claimed" bind_to "$vf" vga-stub
is "and held" "$(class "$vf" state) $(decodes "$vf")" "held none"
is "without a ROM" "$(class "$vf" rom_source) $(class "$vf" rom_status)" "none none"
is "the other is not" "$(claimed) $(driver_of "$other")" "$vf none"
for round in 1 2; do
	writes 0 1 "$CLASS/$vf/handoff"
	is "$round: it is handed off" "$(class "$vf" state) $(driver_of "$vf")" "handed-off vfio-pci"
	matches "$round: it can be used" "$(use "$vf")" '^ready$'
	writes 0 1 "$CLASS/$vf/reclaim"
	is "$round: it comes back" "$(class "$vf" state)" held
done

unbind "$vf"
is "released, it is as found" "$(class "$vf" state) $(cfgsnap diff /run/found "$vf")" "unbound "
succeeds "claimed again" bind_to "$vf" vga-stub

# Each is for a guest of its own, though they are functions of one slot.
is "the other is in the same slot" "${other%.*}" "${vf%.*}"
succeeds "it is claimed as well" bind_to "$other" vga-stub
writes 0 1 "$CLASS/$vf/handoff"
is "one goes by itself" "$(class "$vf" state) $(class "$other" state)" "handed-off held"
writes 0 1 "$CLASS/$other/handoff"
keep_using "$other"
writes 0 1 "$CLASS/$vf/reclaim" "one comes back while a guest has the other"
is "by itself" "$(class "$vf" state) $(class "$other" state)" "held handed-off"
stop_using
writes 0 1 "$CLASS/$other/reclaim"
is "virtual functions are switched off" "$(wr "$PCI/$NIC/sriov_numvfs" 0)" 0
eventually "the directory goes" sh -c "[ ! -e $CLASS/$vf ]"
unloads
unbind "$NIC"
done_testing
