# SPDX-License-Identifier: GPL-2.0
#
# The module, its cards, and who uses them. A part of lib.sh.
# shellcheck shell=busybox

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

# condition BDF: the state, asleep or not, what it decodes, and the arbiter's part, in a line
condition()
{
	echo "$(class "$1" state) $(cat "$PCI/$1/power_state") $(decodes "$1") $(arbiter_part "$1")"
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
