# SPDX-License-Identifier: GPL-2.0
# A kernel that this one starts by kexec finds held cards as this one found them, claims
# them again, and captures the same ROM. So it does with one that was handed off.
# area: power
# topology: power igd
. /tests/lib.sh

# Behind ports of the power machine; igd has one card to hold.
PARAMETERS=devices=00:02.0=1234:1111
[ -z "$SECOND" ] || PARAMETERS=devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0
all="$HELD $SECOND $PLAIN"

# As found, but that the host's driver may have made it master of the bus.
found()
{
	for card in $all; do
		echo "$card $(decodes "$card" | sed 's/ master//') $(arbiter_part "$card")"
	done
	echo "$(arbiter_count) cards"
}

held()
{
	loads "$PARAMETERS"
	for card in $all; do
		is "$card is held" "$(class "$card" state) $(decodes "$card")" "held none"
	done
	succeeds "the ROM is the card's own" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
	is "and its source" "$(class "$HELD" rom_source)" bar
	is "the arbiter counts none of them" "$(arbiter_count)" "$others"
}

case $PHASE in
1)
	for card in $HELD $SECOND; do
		unbind "$card"
	done
	# As firmware leaves secondary cards: off, which is not as a held card is.
	[ -z "$PLAIN" ] || setpci -s "$PLAIN" COMMAND=0:3
	mkdir $CARRIED
	found >$CARRIED/found
	cfgsnap save $CARRIED/config
	others=$(($(arbiter_count) - $([ -z "$PLAIN" ] && echo 1 || echo 2)))
	echo $others >$CARRIED/others
	held
	if [ -n "$SECOND" ]; then
		writes 0 1 "$CLASS/$SECOND/handoff"
		is "one is handed off" "$(driver_of "$SECOND")" vfio-pci
	fi
	next_kernel -l
	chroot $LAB /usr/sbin/kexec -e
	sleep 100
	;;
2)
	others=$(cat $CARRIED/others)
	for card in $HELD $SECOND; do
		unbind "$card"
	done
	is "the next kernel finds all as the first did" "$(found)" "$(cat $CARRIED/found)"
	for card in $all; do
		is "the configuration of $card too" "$(cfgsnap diff $CARRIED/config "$card")" ""
	done
	held
	for card in $all; do
		writes 0 1 "$CLASS/$card/handoff"
		matches "$card can be used" "$(use "$card")" '^ready$'
		writes 0 1 "$CLASS/$card/reclaim"
	done
	unloads
	is "all is as found" "$(found)" "$(cat $CARRIED/found)"
	for card in $HELD $SECOND; do
		[ -z "$SECOND" ] || echo "$card" >/sys/bus/pci/drivers/virtio-pci/bind
	done
	;;
esac
done_testing
