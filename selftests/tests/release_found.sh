# SPDX-License-Identifier: GPL-2.0
# What a card decodes when it is released: what it did when it was found, be that nothing; and nothing if
# another card on its bus has got the legacy ranges since, as the arbiter leaves a card from which they
# are taken. A virtual machine can use a card that decodes nothing.
# area: claim
# topology: conventional
# replugs: yes
. /tests/lib.sh

# has_ranges BDF: as a program that uses legacy VGA has the arbiter give them to it
has_ranges()
{
	matches "$1 gets the legacy ranges" "$(vga-lock "target PCI:$1" "lock io+mem" "unlock io+mem")" "^unlock io\+mem: 0$"
}

held_command=$(config "$HELD" 4 2)
host_command=$(config "$HOST" 4 2)
is "both decode at first" "$(decodes "$HELD" | cut -d ' ' -f 1-2) $(decodes "$HOST" | cut -d ' ' -f 1-2)" "io mem io mem"

# The firmware left it off, as it does with secondary cards.
setpci -s "$HELD" COMMAND=0:3
loads ids=1234:1111
is "found off: it is held, with its ROM" "$(class "$HELD" state) $(class "$HELD" rom_status)" "held ok"
unbind "$HELD"
is "found off: it is off when released" "$(decodes "$HELD")" none
lacks "found off: and INTx is as found" "$(intx_disabled "$HELD" && echo off)" off
succeeds "found off: claimed again" bind_to "$HELD" vga-stub
writes 0 1 "$CLASS/$HELD/handoff"
is "found off: it is off when handed off" "$(decodes "$HELD")" none
matches "found off: it can be used" "$(use "$HELD")" '^ready$'
unloads
unbind "$HELD"
setpci -s "$HELD" COMMAND=3:3

# The other card decodes as well all the time: as found.
loads ids=1234:1111
unbind "$HELD"
is "both decode: it does when released" "$(decodes "$HELD")" "io mem"
unloads

# The other one gets the ranges while the card is held. At boot both own them in the arbiter's books, which
# only a card that comes anew, switched off, does not.
setpci -s "$HOST" COMMAND=0:3
echo 1 >"$PCI/$HOST/remove"
echo 1 >/sys/bus/pci/rescan
is "the other card is back, and off" "$(decodes "$HOST") $(arbiter "$HOST")" \
	"none decodes=io+mem,owns=none,locks=none(0:0)"
loads ids=1234:1111
unbind "$HELD"
is "nobody has asked: it decodes when released" "$(decodes "$HELD")" "io mem"
succeeds "claimed again" bind_to "$HELD" vga-stub
has_ranges "$HOST"
is "the other card decodes" "$(decodes "$HOST")" "io mem"
unbind "$HELD"
is "moved: the card is off when released" "$(decodes "$HELD")" none
is "moved: the other one decodes" "$(decodes "$HOST")" "io mem"
matches "moved: the other one has the ranges" "$(arbiter "$HOST")" "owns=io\+mem"
succeeds "moved: claimed again" bind_to "$HELD" vga-stub
writes 0 1 "$CLASS/$HELD/handoff"
matches "moved: the card can be used" "$(use "$HELD")" '^ready$'
unloads
unbind "$HELD"
has_ranges "$HELD"
is "moved: the arbiter gives them to the card as ever" "$(decodes "$HELD"), $(decodes "$HOST")" "io mem, none"

config_write "$HELD" 4 "$(echo "$held_command" | cut -c 1-2)"
config_write "$HOST" 4 "$(echo "$host_command" | cut -c 1-2)"
done_testing
