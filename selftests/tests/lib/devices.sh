# SPDX-License-Identifier: GPL-2.0
#
# Looks at PCI devices, and what changes them. A part of lib.sh.
# shellcheck shell=busybox

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

# drivers: who has the functions of the slot, on the machine "multifunction" and those like it
drivers()
{
	echo "$(driver_of "$HELD") $(driver_of "$AUDIO") $(driver_of "$USB")"
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
