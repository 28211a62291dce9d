# SPDX-License-Identifier: GPL-2.0
#
# What guest tests share; by topic in lib/.
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

. /tests/lib/tap.sh
. /tests/lib/log.sh
. /tests/lib/harness.sh
. /tests/lib/kernels.sh
. /tests/lib/devices.sh
. /tests/lib/module.sh
. /tests/lib/hotplug.sh
. /tests/lib/arbiter.sh
. /tests/lib/guest.sh
. /tests/lib/xen.sh
. /tests/lib/xorg.sh
. /tests/lib/command.sh
