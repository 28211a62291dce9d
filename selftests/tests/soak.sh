# SPDX-License-Identifier: GPL-2.0
# Claims, releases, hand-offs, reclaims, choices of who has legacy VGA, uses by a program through a group or an iommufd,
# drivers that are loaded for a hand-off, a virtual function's whole life, readers of both ROM
# files, clients of the arbiter, resets, removals
# and rescans, and reloads of the module, at random, for DURATION seconds. SEED= repeats a
# run. Each step must end as it must from the state that the card was in, and after each the
# card, the arbiter and the class agree.
# area: faults
# topology: smp
# sanitizers: only
# timeout: 60
# lasts: 120
. /tests/lib.sh

dir=$CLASS/$HELD
ids=$(ids_of "$HELD")
: "${DURATION:=120}"
: "${SEED:=$(($(od -A n -t u4 -N 4 /dev/urandom) & 0x7fffffff))}"
echo "# SEED=$SEED DURATION=$DURATION"
modprobe -a vfio-pci vfio_iommu_type1 iommufd igb
eventually "the network card has its driver" sh -c ". /tests/lib.sh; [ \$(driver_of $NIC) = igb ]"

# random N: sets "drawn" to 0..N-1. Not in a subshell, where the seed would not move on.
seed=$SEED
random()
{
	seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
	drawn=$(((seed >> 12) % $1))
}

# What does not agree with the model; nothing if all does.
disagreements()
{
	case $state in
	absent) d_driver=none d_rest="decodes=gone arbiter=-" ;;
	unbound) d_driver=none d_rest="decodes=* arbiter=io+mem" ;;
	held) d_driver=vga-stub d_rest="decodes=none arbiter=none" ;;
	handed-off) d_driver=vfio-pci d_rest="decodes=* arbiter=*" ;;
	esac
	d_directory="state=- rom=-"
	if [ $directory = yes ]; then
		d_directory="state=$state rom=bar"
		cmp "$dir/rom" "$HELD_ROM" || echo "its ROM is another"
		# Once held, it is released with what it was found with.
		[ $state != unbound ] || d_rest="decodes=io+mem arbiter=io+mem"
	fi
	[ $state = absent ] && d_override=- || d_override="(null)"
	d_now=$(failnth facts "$HELD,$HOST")
	d_want="driver=$d_driver $d_directory $d_rest override=$d_override; $host"
	# In quotes its asterisks would stand for themselves.
	# shellcheck disable=SC2254
	case $d_now in
	$d_want"; module=$loaded class=$loaded") ;;
	*) echo "it is $d_now, not $d_want; module=$loaded" ;;
	esac
}

# expect ERRNO COMMAND...: the step's one outcome
expect()
{
	e_want=$1
	shift
	outcome=$("$@" 2>&1)
	[ "$outcome" = "$e_want" ] || wrong="$* gave $outcome, not $e_want"
}

# comes_true COMMAND...: within ten seconds, or the step was wrong
comes_true()
{
	c_tries=$((100 * ${SLOW:-1}))
	until "$@" 2>/dev/null; do
		c_tries=$((c_tries - 1))
		[ $c_tries != 0 ] || { wrong="not in time: $*"; return; }
		usleep 100000
	done
}

stop_reader()
{
	[ -z "$reader" ] || { kill "$reader"; wait "$reader"; } 2>/dev/null
	reader=
}

stop_locker()
{
	[ -z "$locker" ] || { kill "$locker"; wait "$locker"; } 2>/dev/null
	locker=
}

# Is the module loaded, is the card there, who has it, has it got a directory?
loaded=no state=unbound directory=no reader='' locker='' wrong=''
host=$(failnth facts "$HOST" | sed 's/; module=.*//')

load_it()
{
	expect '' load "ids=$ids"
	loaded=yes
	case $state in unbound) state=held directory=yes ;; esac
}

# by_file: as machines use it, by its group or by its file and an iommufd
by_file()
{
	random 2
	by=
	[ $drawn = 0 ] || by=-c
}

step()
{
	case $1 in
	load) [ $loaded = no ] || return; load_it ;;
	unload)
		[ $loaded = yes ] || return
		expect '' unload
		loaded=no directory=no
		[ $state != held ] || state=unbound
		;;
	bind)
		[ $loaded = yes ] || return
		case $state in
		unbound) expect 0 wr /sys/bus/pci/drivers/vga-stub/bind "$HELD"; state=held directory=yes ;;
		held) expect EBUSY wr /sys/bus/pci/drivers/vga-stub/bind "$HELD" ;;
		handed-off) expect EBUSY wr /sys/bus/pci/drivers/vga-stub/bind "$HELD" ;;
		absent) expect ENODEV wr /sys/bus/pci/drivers/vga-stub/bind "$HELD" ;;
		esac
		;;
	unbind)
		case $state in
		held | handed-off) expect 0 wr "$PCI/$HELD/driver/unbind" "$HELD"; state=unbound ;;
		*) return ;;
		esac
		;;
	handoff)
		[ $directory = yes ] || return
		case $state in
		unbound) expect EBUSY wr "$dir/handoff" vfio-pci ;;
		*) expect 0 wr "$dir/handoff" vfio-pci; state=handed-off ;;
		esac
		;;
	reclaim)
		[ $directory = yes ] || return
		expect 0 wr "$dir/reclaim" 1
		state=held
		;;
	bad)
		[ $directory = yes ] || return
		expect EINVAL wr "$dir/reclaim" 2
		expect EINVAL wr "$dir/handoff" pcieport
		;;
	use)
		[ $state = handed-off ] || return
		by_file
		# shellcheck disable=SC2086  # nothing, or an option
		case $(use "$HELD" $by 2>&1) in *ready) ;; *) wrong="no program can use it" ;; esac
		;;
	in-use)
		[ $state = handed-off ] && [ $directory = yes ] || return
		by_file
		# shellcheck disable=SC2086  # nothing, or an option
		vfio-client -k $by "$HELD" >/run/client.out &
		client=$!
		comes_true grep -q ready /run/client.out
		expect EBUSY wr "$dir/reclaim" 1
		{ kill $client; wait $client; } 2>/dev/null
		;;
	open)
		[ $state = handed-off ] && [ $directory = yes ] || return
		exec 3<>"/dev/vfio/devices/$(ls "$PCI/$HELD/vfio-dev")"
		expect EBUSY wr "$dir/reclaim" 1
		exec 3>&-
		;;
	other)
		# A driver whose module is loaded for it.
		[ $state = held ] || return
		modprobe -r pci-stub
		expect 0 wr "$dir/handoff" "pci_stub group"
		expect 0 wr "$dir/reclaim" "1 group"
		;;
	virtual)
		[ $loaded = yes ] || return
		expect 0 wr "$PCI/$NIC/sriov_numvfs" 1
		virtual=$(basename "$(realpath "$PCI/$NIC/virtfn0")")
		expect 0 wr "$PCI/$virtual/driver_override" vga-stub
		expect 0 wr /sys/bus/pci/drivers_probe "$virtual"
		expect 0 wr "$CLASS/$virtual/handoff" 1
		expect 0 wr "$CLASS/$virtual/reclaim" 1
		expect 0 wr "$PCI/$NIC/sriov_numvfs" 0
		comes_true test ! -e "$CLASS/$virtual"
		;;
	rom)
		# The PCI device's own file, as programs read it while the card is claimed, or not.
		[ $state != absent ] || return
		wr "$PCI/$HELD/rom" 1 >/dev/null
		cat "$PCI/$HELD/rom" >/dev/null 2>&1
		wr "$PCI/$HELD/rom" 0 >/dev/null
		;;
	legacy)
		[ $directory = yes ] || return
		random 3
		case $drawn in
		0) expect 0 wr "$dir/legacy" arbitrated ;;
		1) expect 0 wr "$dir/legacy" none ;;
		2) expect 0 wr "$dir/legacy" owned ;;
		esac
		;;
	reader)
		stop_reader
		[ $directory = yes ] || return
		sh -c "while usleep 50000; do cat $dir/rom $dir/state $dir/rom_status; done" >/dev/null 2>&1 &
		reader=$!
		;;
	locker)
		stop_locker
		sh -c "while usleep 50000; do vga-lock 'target PCI:$HOST' 'lock io+mem' read 'unlock io+mem'; done" \
			>/dev/null 2>&1 &
		locker=$!
		;;
	stop) stop_reader; stop_locker ;;
	reset)
		[ $state != absent ] && [ -e "$PCI/$HELD/reset" ] || return
		expect 0 wr "$PCI/$HELD/reset" 1
		;;
	remove)
		[ $state != absent ] || return
		expect 0 wr "$PCI/$HELD/remove" 1
		state=absent
		directory=no
		comes_true test ! -e "$dir"
		;;
	rescan)
		expect 0 wr /sys/bus/pci/rescan 1
		if [ $state = absent ]; then
			state=unbound
			[ $loaded = no ] || state=held directory=yes
		fi
		;;
	esac
	done_steps=$((done_steps + 1))
	echo "$1" >>/run/soak.steps
}

load_it
is "the card is held, and its ROM is read" "$(disagreements)" ""
: >/run/soak.steps
done_steps=0
end=$(($(cut -d . -f 1 /proc/uptime) + DURATION))
while [ "$(cut -d . -f 1 /proc/uptime)" -lt $end ] && [ -z "$wrong" ]; do
	random 24
	case $drawn in
	0 | 1) action=load ;;
	2) action=unload ;;
	3 | 4) action=bind ;;
	5) action=unbind ;;
	6 | 7 | 8) action=handoff ;;
	9 | 10) action=reclaim ;;
	11) action=bad ;;
	12) action=use ;;
	13) action=in-use ;;
	14) action=reader ;;
	15) action=locker ;;
	16) action=reset ;;
	17) action=remove ;;
	18) action=rescan ;;
	19) action=open ;;
	20) action=other ;;
	21) action=legacy ;;
	22) action=virtual ;;
	23) action=rom ;;
	esac
	step "$action"
	[ -n "$wrong" ] || wrong=$(disagreements)
done
is "after $done_steps steps of seed $SEED, the last of them $action, all agrees" "$wrong" ""
echo "# $(sort /run/soak.steps | uniq -c | xargs)"
[ -z "$wrong" ] || echo "# the last: $(tail -n 20 /run/soak.steps | xargs)"

stop_reader
stop_locker
[ -e "$PCI/$HELD" ] || echo 1 >/sys/bus/pci/rescan
[ $loaded = no ] || unload
unbind "$HELD"
unbind "$NIC"
done_testing
