# SPDX-License-Identifier: GPL-2.0
# Nothing that the tests of this boot allocated is lost, by kmemleak. It does not report
# what is younger than five seconds, and a pointer that has just moved can hide from one
# scan. So there is a wait, and two scans.
# area: faults
# topology: every
# sanitizers: only
# last: yes
# replugs: yes
. /tests/lib.sh

kmemleak=/sys/kernel/debug/kmemleak

sleep 6
writes 0 scan $kmemleak
sleep 1
writes 0 scan $kmemleak
is "no object is lost" "$(cat $kmemleak)" ""
done_testing
