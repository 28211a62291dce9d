# SPDX-License-Identifier: GPL-2.0
#
# What guest tests share: TAP, the module, and looks at cards, arbiter and log.
# Tests end with "done_testing". Failed assertions are counted, and the test goes
# on, so that it can put the machine back.
# shellcheck shell=sh

PCI=/sys/bus/pci/devices
CLASS=/sys/class/vga_stub
MODULE=/lib/vga_stub.ko
# The user without privileges.
# shellcheck disable=SC2034  # for tests
NOBODY=65534

# With what a kernel before this one counted.
t_count=$((${COUNT:-0}))
t_failed=$((${FAILED:-0}))

# --- TAP ----------------------------------------------------------------------

# pass DESCRIPTION, fail DESCRIPTION [DETAIL]
pass()
{
	t_count=$((t_count + 1))
	echo "ok $t_count - $1"
}

fail()
{
	t_count=$((t_count + 1))
	t_failed=$((t_failed + 1))
	echo "not ok $t_count - $1"
	[ -z "${2:-}" ] || echo "$2" | sed 's/^/#   /'
}

# is DESCRIPTION GOT EXPECTED
is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "     got: $2
expected: $3"
	fi
}

# isnt DESCRIPTION GOT UNEXPECTED
isnt()
{
	if [ "$2" != "$3" ]; then
		pass "$1"
	else
		fail "$1" "got: $2"
	fi
}

# matches DESCRIPTION GOT REGEX, with at least one line that does
matches()
{
	if grep -Eq -- "$3" <<END
$2
END
	then
		pass "$1"
	else
		fail "$1" "     got: $2
expected: $3"
	fi
}

lacks()
{
	if grep -Eq -- "$3" <<END
$2
END
	then
		fail "$1" "       got: $2
unexpected: $3"
	else
		pass "$1"
	fi
}

# succeeds DESCRIPTION COMMAND..., fails DESCRIPTION COMMAND...
succeeds()
{
	t_desc=$1
	shift
	if t_out=$("$@" 2>&1); then
		pass "$t_desc"
	else
		fail "$t_desc" "$* failed: $t_out"
	fi
}

fails()
{
	t_desc=$1
	shift
	if t_out=$("$@" 2>&1); then
		fail "$t_desc" "$* succeeded: $t_out"
	else
		pass "$t_desc"
	fi
}

# eventually DESCRIPTION COMMAND...: within five seconds, or longer on a slow kernel
eventually()
{
	t_desc=$1
	t_tries=$((50 * ${SLOW:-1}))
	shift
	until "$@" >/dev/null 2>&1; do
		t_tries=$((t_tries - 1))
		if [ $t_tries = 0 ]; then
			fail "$t_desc" "$* has not come true"
			return
		fi
		usleep 100000
	done
	pass "$t_desc"
}

# wait_for PID: until it has ended, for five seconds
wait_for()
{
	t_tries=50
	while kill -0 "$1" 2>/dev/null; do
		t_tries=$((t_tries - 1))
		[ $t_tries != 0 ] || return 1
		usleep 100000
	done
}

# A test that cannot run here ends with this.
skip_all()
{
	echo "1..0 # SKIP $1"
	exit 4
}

done_testing()
{
	echo "1..$t_count"
	[ $t_failed = 0 ]
	exit
}

# --- the kernel's log -----------------------------------------------------------

# Starts a window of the log; logged() prints it.
log_mark()
{
	t_mark="selftest: mark $$-$t_count"
	echo "$t_mark" >/dev/kmsg
}

logged()
{
	kernel-log "$t_mark"
}

# --- the machine underneath -----------------------------------------------------------

# ask WORDS...: what the harness answers (harness/host.py), on topologies that say "asks"
ask()
{
	t_number=$(($(cat /run/asked 2>/dev/null) + 1))
	echo $t_number >/run/asked
	echo "#:ask $t_number $*" >/dev/ttyS1
	until [ -e /run/answers/$t_number ]; do
		usleep 100000
	done
	cat /run/answers/$t_number
}

# The folder of the answers. QEMU's 9p does not outlive a sleep of the machine.
open_answers()
{
	modprobe -a 9pnet_virtio 9p &&
		mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=none answers /run/answers
}

close_answers()
{
	umount /run/answers
	modprobe -r 9p 9pnet_virtio
}

# --- from kernel to kernel --------------------------------------------------------------

# In which kernel of a test this is.
PHASE=${PHASE:-1}
# Where the next one finds the files that this one leaves there.
CARRIED=/carried

# next_kernel OPTION: loads this kernel again by kexec -l or -p. Started, it goes on with
# this test in the next phase; what is asserted between this and then is not counted.
next_kernel()
{
	t_words=$(sed 's/ crashkernel=[^ ]*//; s/ PHASE=.*//; s/ TESTS=.*//' /proc/cmdline)
	t_name=${0##*/}
	open_lab
	cat "$LAB$IMAGE" >/run/next.cpio
	mkdir -p $CARRIED
	find $CARRIED | sed 's|^/||' >/run/next.files
	(cd / && cpio -o -H newc) </run/next.files 2>/dev/null >>/run/next.cpio
	succeeds "the next kernel is loaded" chroot $LAB /usr/sbin/kexec -s "$1" --initrd=/run/next.cpio \
		--command-line="$t_words PHASE=$((PHASE + 1)) COUNT=$((t_count + 1)) FAILED=$t_failed TESTS=${t_name%.sh}" \
		"$KERNEL"
	rm /run/next.cpio
	[ $t_failed = 0 ] || done_testing
}

# hibernate COMMAND: writes the machine's memory to its disk and switches it off (ACPI S4).
# Switched on again, the firmware starts the kernel anew, which does what the command says,
# and goes back to this one. On topologies that have a disk, and ask.
hibernate()
{
	# The last MiB is for the command.
	t_sectors=$(cat /sys/block/vda/size)
	printf '%-512s' "$1" | dd of=/dev/vda seek=$((t_sectors - 1)) 2>/dev/null
	mkswap /dev/vda $((t_sectors / 2 - 1024)) >/dev/null
	swapon /dev/vda
	ask power-cycle >/run/cycle
	close_answers
	wr /sys/power/state disk
	swapoff /dev/vda
	open_answers
	ask monitor set-action reboot=shutdown >/run/cycle
}

# What init does first. Fails if another kernel sleeps there, and does not come back.
resume_from_disk()
{
	t_first=$(dd if=/dev/vda skip=$(($(cat /sys/block/vda/size) - 1)) count=1 2>/dev/null | tr -d '\0')
	[ -n "$t_first" ] || return 0
	sh -c "$t_first"
	wr /sys/power/resume "$(cat /sys/block/vda/dev)"
	return 1
}

# ends_with LINE: what the kernel is to say last when the test ends the machine, as it
# does next
ends_with()
{
	[ $t_failed = 0 ] || done_testing
	echo "1..$t_count"
	echo "#:ends $*"
}

# --- devices --------------------------------------------------------------------

# writes ERRNO TEXT FILE [DESCRIPTION]: one write's exact outcome, 0 for success
writes()
{
	is "${4:-$1 for $2 to ${3#/sys/}}" "$(wr "$3" "$2")" "$1"
}

driver_of()
{
	# What the kernel says in its uevents, without a process for each question.
	t_driver=none
	while read -r t_line; do
		case $t_line in
		DRIVER=*) t_driver=${t_line#DRIVER=} ;;
		esac
	done 2>/dev/null <"$PCI/$1/uevent"
	echo "$t_driver"
}

# ids_of BDF: vendor:device
ids_of()
{
	read -r t_vendor <"$PCI/$1/vendor"
	read -r t_device <"$PCI/$1/device"
	echo "${t_vendor#0x}:${t_device#0x}"
}

# config BDF OFFSET LENGTH: bytes of configuration space, in hex
config()
{
	config-bytes "$@"
}

# config_write BDF OFFSET BYTE
config_write()
{
	# shellcheck disable=SC2059  # the format is the byte
	printf "\\x$3" | dd of="$PCI/$1/config" bs=1 seek="$(($2))" conv=notrunc 2>/dev/null
}

# The I/O, memory and bus master bits of COMMAND, as words.
decodes()
{
	t_command=$((0x$(config "$1" 4 1)))
	t_words=
	[ $((t_command & 1)) = 0 ] || t_words="$t_words io"
	[ $((t_command & 2)) = 0 ] || t_words="$t_words mem"
	[ $((t_command & 4)) = 0 ] || t_words="$t_words master"
	t_words=${t_words:- none}
	echo "${t_words# }"
}

intx_disabled()
{
	[ $((0x$(config "$1" 5 1) & 4)) != 0 ]
}

# fall_asleep BDF...: waits until those that are held sleep again, which they do in a moment after
# a reset or a sleep of the machine
fall_asleep()
{
	t_tries=$((50 * ${SLOW:-1}))
	for t_bdf; do
		until [ "$(cat "$PCI/$t_bdf/power/runtime_status")" = suspended ] || [ $t_tries = 0 ]; do
			t_tries=$((t_tries - 1))
			usleep 100000
		done
	done
}

# bind_to BDF DRIVER: by driver_override, which is cleared again
bind_to()
{
	echo "$2" >"$PCI/$1/driver_override"
	echo "$1" >/sys/bus/pci/drivers_probe
	echo >"$PCI/$1/driver_override"
	[ "$(driver_of "$1")" = "$2" ]
}

unbind()
{
	[ ! -e "$PCI/$1/driver" ] || echo "$1" >"$PCI/$1/driver/unbind"
}

# --- the module -----------------------------------------------------------------

# load PARAMETER=VALUE...: in quotes, as kmod does, since values may have blanks
load()
{
	for t_arg; do
		shift
		set -- "$@" "${t_arg%%=*}=\"${t_arg#*=}\""
	done
	insmod $MODULE "$@"
}

unload()
{
	rmmod vga_stub
}

# loaded PARAMETERS: loads, and counts that as an assertion
loads()
{
	succeeds "module loads with '$*'" load "$@"
}

unloads()
{
	succeeds "module unloads" unload
}

# use BDF [OPTION...]: what a virtual machine monitor does with it, and how that went
use()
{
	t_bdf=$1
	shift
	# Distributions' modprobe loads this with vfio, which asks for it softly.
	modprobe vfio_iommu_type1
	timeout $((20 * ${SLOW:-1})) vfio-client "$@" "$t_bdf"
}

# keep_using BDF [OPTION...]: the same in the background, until "kill $client"
keep_using()
{
	t_bdf=$1
	shift
	modprobe vfio_iommu_type1
	# What the one before said is not to be taken for this one's.
	: >/run/client.out
	vfio-client -k "$@" "$t_bdf" >/run/client.out &
	client=$!
	eventually "a program uses the card" grep -q ready /run/client.out
}

stop_using()
{
	kill "$client"
	wait "$client"
}

# What has a directory in the class, in a line.
claimed()
{
	find $CLASS -mindepth 1 -maxdepth 1 | sed 's|.*/||' | sort | xargs
}

# class BDF FILE: the content of a file of the class device
class()
{
	cat "$CLASS/$1/$2" 2>&1
}

# allocations_can_fail outside|in FUNCTION: has failnth's faults hit allocations that are made
# outside or inside a function, also those that could wait for memory. The function is a
# regular expression, since Rust's symbols are mangled.
allocations_can_fail()
{
	t_start=$(awk -v name="^$2$" '$3 ~ name { print $1; exit }' /proc/kallsyms)
	t_end=$(awk -v start="x$t_start" '"x" $1 > start && (end == "" || "x" $1 < end) { end = "x" $1 }
		END { print substr(end, 2) }' /proc/kallsyms)
	t_range="reject 0 0 require 0x$t_start 0x$t_end"
	[ "$1" = in ] || t_range="require 0 0xffffffffffffffff reject 0x$t_start 0x$t_end"
	for t_kind in failslab fail_page_alloc; do
		echo 0 >/sys/kernel/debug/$t_kind/verbose
		echo N >/sys/kernel/debug/$t_kind/ignore-gfp-wait
		echo "$t_range" | xargs -n 3 | while read -r t_word t_from t_to; do
			echo "$t_from" >/sys/kernel/debug/$t_kind/"$t_word"-start
			echo "$t_to" >/sys/kernel/debug/$t_kind/"$t_word"-end
		done
	done
	echo 0 >/sys/kernel/debug/fail_page_alloc/min-order
}

# hold_and_hand_off: on the machine "power", all cards are held, and one is handed off
hold_and_hand_off()
{
	loads devices=00:03.0/00.0,00:04.0/00.0,00:05.0/00.0
	is "all are held" "$(claimed)" "$HELD $SECOND $PLAIN"
	writes 0 1 "$CLASS/$SECOND/handoff"
	is "one is handed off" "$(driver_of "$SECOND")" vfio-pci
}

# --- cards that come and go, on the machine "hotplug" and those like it -----------------

# The last port that has got a card.
port=3

# plug WHEN: another card, which is held at once, and is HELD from now on
plug()
{
	port=$((port + 1))
	is "$1: another is plugged in" \
		"$(ask monitor device_add driver=bochs-display id=card$port bus=port$port addr=00.0)" "{}"
	eventually "$1: it is held" sh -c "cat $PCI/0000:00:0$port.0/0000:*/driver_override | grep vga-stub"
	HELD=$(basename "$(echo "$PCI/0000:00:0$port.0"/0000:*:00.0)")
	eventually "$1: and has its directory" grep -qx held "$CLASS/$HELD/state"
	succeeds "$1: its ROM is captured" cmp "$CLASS/$HELD/rom" "$HELD_ROM"
	is "$1: it is silent" "$(decodes "$HELD")" none
}

# goes WHEN: HELD, and its directory
goes()
{
	eventually "$1: the card goes" sh -c "[ ! -e $PCI/$HELD ]"
	eventually "$1: its directory too" sh -c "[ ! -e $CLASS/$HELD ]"
}

# keep_moving: HELD is read, handed off and reclaimed in the background, until it is gone
keep_moving()
{
	sh -c "while cat $CLASS/$HELD/rom; do :; done" >/dev/null 2>&1 &
	reader=$!
	sh -c "while [ -e $CLASS/$HELD ]; do wr $CLASS/$HELD/handoff 1; wr $CLASS/$HELD/reclaim 1; done" >/run/moved 2>&1 &
	mover=$!
	sleep 1
}

movers_end()
{
	succeeds "the reader ends" wait_for "$reader"
	succeeds "and who moved it" wait_for "$mover"
}

# --- VGA arbitration ------------------------------------------------------------

# The arbiter's line of a card: "decodes=...,owns=...,locks=..."
arbiter()
{
	t_answer=$(vga-lock "target PCI:$1" read)
	case $t_answer in
	*,PCI:"$1",*) echo "${t_answer#*,PCI:"$1",}" ;;
	esac
}

# owns BDF: whether the arbiter has it own the legacy ranges
owns()
{
	case $(arbiter "$1") in
	*,owns=io+mem,*) ;;
	*) return 1 ;;
	esac
}

# How many cards take part in arbitration.
arbiter_count()
{
	vga-lock read | sed -n 's/^count:\([0-9]*\),.*/\1/p'
}

# What the arbiter has a card decode and lock: "decodes=none locks=none(0:0)" if it
# takes no part. A card that owned the legacy ranges still does on the arbiter's books,
# until another that decodes asks for them.
arbiter_part()
{
	t_line=$(arbiter "$1")
	echo "${t_line%%,owns=*} ${t_line##*,}"
}

# All of it, but for who owns the legacy ranges, which moves with each request.
arbiter_lines()
{
	for t_dev in "$PCI"/*; do
		read -r t_class <"$t_dev/class"
		case $t_class in
		0x0300*) echo "arbiter ${t_dev##*/} $(arbiter "${t_dev##*/}" | sed 's/owns=[^,]*,//')" ;;
		esac
	done
	echo "arbiter count $(arbiter_count)"
}

# --- a virtual machine in this machine ------------------------------------------------

LAB=/run/lab
MACHINE="qemu-system-x86_64 -accel tcg -machine pc -m 128 -nodefaults -vga none -display none"
# What firmware/greeting.S says, as a line of the screen.
# shellcheck disable=SC2034  # for tests
GREETING='^This is the screen of a virtual machine\.$'

# QEMU is the lab's, and so is all that it needs; for topologies that say "asks".
open_lab()
{
	mkdir $LAB
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=262144,cache=loose lab $LAB
	for t_dir in dev proc sys run; do
		mount -o bind /$t_dir $LAB/$t_dir
	done
	cp /roms/greeting.img /run
	modprobe vfio_iommu_type1
	modprobe vfio-pci
}

close_lab()
{
	umount $LAB/run $LAB/sys $LAB/proc $LAB/dev $LAB
	rmdir $LAB
}

# The lab's root as one that can be written to, with the kernel's modules: for programs
# that keep state, like libvirt. What they write is gone at the end.
ROOT=/run/root
open_root()
{
	open_lab
	mkdir $ROOT /run/written
	mount -t tmpfs tmpfs /run/written
	mkdir /run/written/upper /run/written/work
	modprobe overlay
	mount -t overlay -o lowerdir=$LAB,upperdir=/run/written/upper,workdir=/run/written/work \
		overlay $ROOT
	for t_dir in dev proc sys; do
		mount -o bind /$t_dir $ROOT/$t_dir
	done
	mount -t tmpfs tmpfs $ROOT/run
	mount -t tmpfs tmpfs $ROOT/tmp
	mkdir -p $ROOT/usr/lib/modules
	mount -o bind /lib/modules $ROOT/usr/lib/modules
}

# in_root COMMAND...: udev's tools would not work in what they take for a chroot
in_root()
{
	SYSTEMD_IGNORE_CHROOT=1 PATH=/usr/sbin:/usr/bin chroot $ROOT "$@"
}

close_root()
{
	# Who is still in there.
	for t_dir in /proc/[0-9]*; do
		[ "$(readlink "$t_dir/root")" != $ROOT ] || kill -9 "${t_dir#/proc/}"
	done
	usleep 500000
	umount $ROOT/usr/lib/modules $ROOT/tmp $ROOT/run $ROOT/sys $ROOT/proc $ROOT/dev $ROOT /run/written
	rmdir $ROOT /run/written
	close_lab
}

# boot_machine BDF [ROM] [iommufd]: boots one that shows on that card, with the ROM of that file if
# one is named, and by vfio's file and an iommufd if that is said. Returns when the machine has said
# on its serial port that it is done, or is gone, or late.
boot_machine()
{
	t_by="-device vfio-pci,host=$1,x-vga=on${2:+,romfile=$2}"
	[ -z "${3:-}" ] || t_by="-object iommufd,id=iommufd0 $t_by,iommufd=iommufd0"
	t_since=$(cut -d . -f 1 /proc/uptime)
	: >/run/machine.serial
	: >/run/machine.trace
	# shellcheck disable=SC2086  # words
	chroot $LAB $MACHINE $t_by -drive file=/run/greeting.img,format=raw,if=ide \
		-serial file:/run/machine.serial -d trace:vfio_vga_write -D /run/machine.trace \
		>/run/machine.out 2>&1 &
	machine=$!
	until grep -q '!' /run/machine.serial; do
		machine_took=$(($(cut -d . -f 1 /proc/uptime) - t_since))
		if ! kill -0 "$machine" 2>/dev/null || [ $machine_took -ge $((200 * ${SLOW:-1})) ]; then
			break
		fi
		sleep 1
	done
}

# Ends it; what its QEMU said is in /run/machine.out.
stop_machine()
{
	kill "$machine"
	wait "$machine"
}

# What the machine wrote to the legacy addresses of its card: registers and screen.
vga_writes()
{
	grep -c ^vfio_vga_write /run/machine.trace
}

# QEMU's VGA has the mode that UEFI uses switched off by registers that are not for guests
# (0x1ce), and no reset does it. A real card's ROM does; so here is what it would do. They
# are at 0x500 of BAR 2 as well, the fifth is what enables the mode.
leave_framebuffer()
{
	devmem $(($(sed -n '3s/ .*//p' "$PCI/$1/resource") + 0x500 + 2 * 4)) 16 0
}
