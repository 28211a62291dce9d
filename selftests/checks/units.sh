# SPDX-License-Identifier: GPL-2.0
# The systemd units are as systemd wants them; that the command takes what they say is a test of its own.
# for: anywhere
. "$(dirname "$0")/common"

if ! need systemd-analyze; then
	exit 4
fi
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
# The command need not be installed.
printf '#!/bin/sh\n' >"$copy/vga-stub"
chmod 755 "$copy/vga-stub"
for unit in "$SRC"/packaging/systemd/*; do
	sed "s,=/usr/bin/vga-stub,=$copy/vga-stub," "$unit" >"$copy/${unit##*/}"
	[ "${unit##*.}" != service ] || grep -q "=$copy/vga-stub " "$copy/${unit##*/}"
done
cd "$copy"
# What hangs in a driver is not killed with its unit, which would otherwise wait for it for minutes.
grep -qx KillMode=process vga-stub-hold@.service
# A colon in a name divides it from an alias: the templates themselves. What a unit names and is not installed is no matter; all that is said is of the units.
said=$(systemd-analyze verify --man=no --recursive-errors=no ./vga-stub-{hold,handoff}@.service \
	./vga-stub-metrics.{service,timer} 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
# It is no check that cannot fail.
sed -i 's/^Type=oneshot/Type=oneshoot/' vga-stub-metrics.service
said=$(systemd-analyze verify --man=no --recursive-errors=no ./vga-stub-metrics.service 2>&1) || :
grep -q oneshoot <<<"$said"
