# SPDX-License-Identifier: GPL-2.0
# The Debian package is built, and lintian has nothing to say about it; it has what a build takes.
set -euo pipefail

abi=$(/src/scripts/lab kernels | sed -n 's/^trixie //p' | head -n 1)
KDIR=$(/src/scripts/lab kdir "$abi")

out=$(mktemp -d)
make -s -C /src deb BUILD="$out" >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
lintian --allow-root --fail-on error,warning,info,pedantic --display-info --pedantic "$out"/*.deb

# What is in it is enough to build with, and not more.
dpkg-deb -x "$out"/*.deb "$out/root"
cd "$out/root/usr/src/vga-stub-"*
find . -type f ! -path './rust/*' | LC_ALL=C sort >"$out/files"
printf '%s\n' ./Kbuild ./Makefile ./dkms.conf ./scripts/apt-command ./scripts/check-kdir \
	./scripts/dkms-build ./scripts/dkms-kernels ./scripts/rust-tree | diff - "$out/files"
make -s KDIR="$KDIR" BUILD="$out/build"
modinfo -F version "$out/build/vga_stub.ko"
