# SPDX-License-Identifier: GPL-2.0
# make install puts the module, the hooks and the example where they belong, and make
# uninstall takes them away, but not what the user has changed.
# for: kernel
set -euo pipefail

dest=$(mktemp -d)
run()
{
	make -s -C /src KDIR="$KDIR" BUILD="$OUT" DESTDIR="$dest" "$@" >/tmp/out 2>&1 ||
		{ cat /tmp/out; exit 1; }
}

files()
{
	(cd "$dest" && find . -type f ! -name 'modules.*' | LC_ALL=C sort)
}

run install
expected="./etc/modprobe.d/vga-stub.conf
./lib/modules/$ABI/updates/vga_stub.ko*
./usr/lib/dracut/modules.d/90vga-stub/load.sh
./usr/lib/dracut/modules.d/90vga-stub/module-setup.sh
./usr/lib/initcpio/hooks/vga-stub
./usr/lib/initcpio/install/vga-stub
./usr/share/initramfs-tools/hooks/vga-stub
./usr/share/initramfs-tools/scripts/init-top/00-vga-stub"
found=$(files | sed 's/\(vga_stub\.ko\).*/\1*/')
if [ "$found" != "$expected" ]; then
	echo "installed:"
	diff <(echo "$expected") <(echo "$found") || exit 1
fi
[ -x "$dest/usr/share/initramfs-tools/hooks/vga-stub" ]
modinfo "$dest/lib/modules/$ABI/updates"/vga_stub.ko* | grep "^vermagic: *$ABI "

echo "options vga_stub ids=1234:1111" >>"$dest/etc/modprobe.d/vga-stub.conf"
run install
grep -q ids=1234:1111 "$dest/etc/modprobe.d/vga-stub.conf"
run uninstall
[ "$(files)" = ./etc/modprobe.d/vga-stub.conf ] || { echo "left:"; files; exit 1; }

rm "$dest/etc/modprobe.d/vga-stub.conf"
run install
run uninstall
[ -z "$(files)" ] || { echo "left:"; files; exit 1; }
