# SPDX-License-Identifier: GPL-2.0
# Two virtual machines at once: one with UEFI firmware and "none", which runs the EFI image of
# its card's ROM, behind a root port; one with x-vga, on the boot card, on the root bus. While
# only the first runs, an X server of the host asks the arbiter for nothing, as while both cards
# are held. Both show, and one is killed and its card taken back while the other goes on.
# area: arbiter
# topology: desktop
# once: yes
# timeout: 500
# sanitizers: no
. /tests/lib.sh

open_lab
open_xorg
loads ids=1234:1111
eventually "the host's card has the ranges" owns "$HOST"
held=$(arbiter_count)
is "held, the arbiter counts one card" "$held" 1
command=$(config "$HOST" 4 2)
writes 0 none "$CLASS/$HELD/legacy"
writes 0 1 "$CLASS/$HELD/handoff"
# The X server has the screen as it has drawn it.
xorg_starts
for card in held integrated host; do ask picture "root-before-$card" $card >/run/before; done
boot_uefi "$HELD"
wait_for_uefi
is "UEFI: it has run the card's EFI image once" "$(efi_images)" 1
is "UEFI: the arbiter counts as if both were held" "$(arbiter_count) $(arbiter_part "$HELD")" \
	"$held decodes=none locks=none(0:0)"
matches "UEFI: it shows on its card" "$(ask picture root-uefi held)" "^changed: [1-9]"
matches "UEFI: and not on the host's" "$(ask picture root-host host)" "^changed: 0$"
is "UEFI: an X server from before does not ask" "$(xorg_draws)" "0        0"
xorg_ends
xorg_starts
is "UEFI: nor one that starts now" "$(xorg_wraps)$(xorg_draws)" "0        0"
succeeds "UEFI: the machine runs" kill -0 $uefi

writes 0 1 "$CLASS/$INTEGRATED/handoff"
# The server moves its pointer and draws nothing.
ask picture root-host-drawn host >/run/before
boot_machine "$INTEGRATED"
is "x-vga: it starts beside the other" "$(cat /run/machine.serial)" '!'
matches "x-vga: its text is on its card's screen" "$(ask picture root-integrated integrated)" "$GREETING"
matches "x-vga: the host's screen is as before" "$(ask picture root-host-both host)" "^changed: 0$"
is "x-vga: so is its card" "$(config "$HOST" 4 2)" "$command"
is "x-vga: the arbiter counts its card only" "$(arbiter_count) $(arbiter_part "$HELD")" \
	"$((held + 1)) decodes=none locks=none(0:0)"
xorg_ends
kill -9 "$machine"
wait "$machine"
writes 0 1 "$CLASS/$INTEGRATED/reclaim" "the second is killed: its card comes back"
is "and is silent" "$(class "$INTEGRATED" state) $(decodes "$INTEGRATED")" "held none"
succeeds "the first goes on" kill -0 $uefi
is "and has not started anew" "$(efi_images)" 1
is "the arbiter counts as if both were held" "$(arbiter_count)" "$held"
writes EBUSY 1 "$CLASS/$HELD/reclaim" "the first's card is in use"
stop_uefi
sed 's/^/# /' /run/uefi.out /run/machine.out
writes 0 1 "$CLASS/$HELD/reclaim"
unloads
vga-lock "target PCI:$HOST" "lock io+mem" "unlock io+mem" >/run/out
close_xorg
close_lab
done_testing
