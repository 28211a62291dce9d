# SPDX-License-Identifier: GPL-2.0
# make install puts the module, the hooks, the example and the command where they belong, and make
# uninstall takes them away, but not what the user has changed. Where there is no cargo it says that
# it leaves the command out.
# for: kernel
set -euo pipefail

# Others run beside this one.
said=$(mktemp)

dest=$(mktemp -d)
COMMAND=
if command -v cargo >/dev/null; then
	COMMAND=$(/src/selftests/checks/built-command "$LAB")
fi

run()
{
	make -s -C /src KDIR="$KDIR" BUILD="$OUT" DESTDIR="$dest" COMMAND="$COMMAND" "$@" >"$said" 2>&1 ||
		{ cat "$said"; exit 1; }
}

files()
{
	(cd "$dest" && find . -type f ! -name 'modules.*' | LC_ALL=C sort)
}

run install
expected="./etc/modprobe.d/vga-stub.conf
./lib/modules/$ABI/updates/vga_stub.ko*
$([ -z "$COMMAND" ] || echo ./usr/bin/vga-stub)
./usr/lib/dracut/modules.d/90vga-stub/load.sh
./usr/lib/dracut/modules.d/90vga-stub/module-setup.sh
./usr/lib/initcpio/hooks/vga-stub
./usr/lib/initcpio/install/vga-stub
$([ -z "$COMMAND" ] || printf './usr/lib/systemd/system/vga-stub-%s\n' handoff@.service hold@.service metrics.service metrics.timer)
$([ -z "$COMMAND" ] || printf '%s\n' ./usr/share/bash-completion/completions/vga-stub \
	./usr/share/fish/vendor_completions.d/vga-stub.fish)
./usr/share/initramfs-tools/hooks/vga-stub
./usr/share/initramfs-tools/scripts/init-top/00-vga-stub
$([ -z "$COMMAND" ] || {
	"$COMMAND/usr/bin/vga-stub" man --list | LC_ALL=C sort | sed 's,.*,./usr/share/man/man1/vga-stub-&.1,'
	printf '%s\n' ./usr/share/man/man1/vga-stub.1 ./usr/share/zsh/vendor-completions/_vga-stub
})"
expected=$(grep . <<<"$expected")
found=$(files | sed 's/\(vga_stub\.ko\).*/\1*/')
if [ "$found" != "$expected" ]; then
	echo "installed:"
	diff <(echo "$expected") <(echo "$found") || exit 1
fi
[ -x "$dest/usr/share/initramfs-tools/hooks/vga-stub" ]
if [ -n "$COMMAND" ]; then
	[ "$("$dest/usr/bin/vga-stub" --version)" = "vga-stub $(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' /src/dkms.conf)" ]
else
	grep -F "  SKIP    $dest/usr/bin/vga-stub: cargo, which builds it, is not installed" "$said"
fi
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
