# SPDX-License-Identifier: GPL-2.0
# A udev rule of a user's hears of each change of hands, with the state.
# area: clients
# topology: clients
# sanitizers: no
# timeout: 90
. /tests/lib.sh

open_root
mkdir -p $ROOT/run/udev/rules.d
cat >$ROOT/run/udev/rules.d/90-vga-stub.rules <<'END'
SUBSYSTEM=="vga_stub", RUN+="/bin/sh -c 'echo $kernel %E{ACTION} %E{VGA_STUB_STATE} >>/run/heard'"
END
in_root /usr/lib/systemd/systemd-udevd --daemon

# heard LINE: since the last time
heard()
{
	SYSTEMD_IGNORE_CHROOT=1 PATH=/usr/sbin:/usr/bin chroot $ROOT udevadm settle
	eventually "udev has run the rule: $*" grep -Eqx "$HELD $*" $ROOT/run/heard
	rm -f $ROOT/run/heard
}

loads "devices=$HELD"
heard add held
writes 0 1 "$CLASS/$HELD/handoff"
heard change handed-off
writes 0 1 "$CLASS/$HELD/reclaim"
heard change held
unbind "$HELD"
heard change unbound
unloads
heard "remove.*"
in_root udevadm control --exit
close_root
done_testing
