# SPDX-License-Identifier: GPL-2.0
# Across a suspend (up to the devices, and back) a held card stays silent, a handed
# off one stays where it is, and the captured ROM is the same.
# area: power
# topology: plugin igd
# timeout: 90
. /tests/lib.sh

[ -w /sys/power/pm_test ] || skip_all "no CONFIG_PM_DEBUG"
echo 1 >/sys/module/suspend/parameters/pm_test_delay

suspend_to_devices()
{
	echo devices >/sys/power/pm_test
	wr /sys/power/state mem
	echo none >/sys/power/pm_test
}

loads ids=1234:1111
sum=$(md5sum <"$CLASS/$HELD/rom")
cfgsnap save /run/held
is "suspend and resume" "$(suspend_to_devices)" 0
is "it is held" "$(class "$HELD" state)" held
is "it is silent" "$(decodes "$HELD") $(arbiter "$HELD")" \
	"none decodes=none,owns=none,locks=none(0:0)"
is "configuration space is as before" "$(cfgsnap diff /run/held "$HELD")" ""
is "the ROM is as before" "$(md5sum <"$CLASS/$HELD/rom")" "$sum"

writes 0 1 "$CLASS/$HELD/handoff"
is "suspend and resume, handed off" "$(suspend_to_devices)" 0
is "it is handed off" "$(class "$HELD" state)" handed-off
matches "a program can use it" "$(use "$HELD")" '^ready$'
writes 0 1 "$CLASS/$HELD/reclaim"
is "it comes back, silent" "$(class "$HELD" state) $(decodes "$HELD")" "held none"
is "the ROM is as before" "$(md5sum <"$CLASS/$HELD/rom")" "$sum"
unloads
done_testing
