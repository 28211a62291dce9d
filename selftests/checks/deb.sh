# SPDX-License-Identifier: GPL-2.0
# The Debian packages are built, without a network, and lintian has nothing to say about them: that of the
# module has what a build takes, that of the command the command, its manual pages and completions. What
# vga-stub-boot has, vga-stub-dkms has as well.
set -euo pipefail

# Others run beside this one.
said=$(mktemp)

abi=$(/src/scripts/lab kernels | sed -n 's/^trixie //p' | head -n 1)
KDIR=$(/src/scripts/lab kdir "$abi")

out=$(mktemp -d)
make -s -C /src deb BUILD="$out" >"$said" 2>&1 || { cat "$said"; exit 1; }
version=$(bash -c '. /src/dkms.conf && echo "$PACKAGE_VERSION"')
tail -n 3 "$said" | diff <(printf '%s\n' "$out/vga-stub-boot_${version}_all.deb" "$out/vga-stub-dkms_${version}_all.deb" "$out/vga-stub_${version}_amd64.deb") -
lintian --allow-root --fail-on error,warning,info,pedantic --display-info --pedantic "$out"/*.deb

# What is in it is enough to build with, and not more.
dpkg-deb -x "$out"/vga-stub-dkms_*.deb "$out/root"
cd "$out/root/usr/src/vga-stub-"*
find . -type f ! -path './rust/*' | LC_ALL=C sort >"$out/files"
printf '%s\n' ./Kbuild ./Makefile ./dkms.conf ./scripts/apt-command ./scripts/check-kdir \
	./scripts/dkms-build ./scripts/dkms-kernels ./scripts/rust-tree | diff - "$out/files"
make -s KDIR="$KDIR" BUILD="$out/build"
modinfo -F version "$out/build/vga_stub.ko"

dpkg-deb -x "$out"/vga-stub-boot_*.deb "$out/boot"
(cd "$out/boot" && find . -type f ! -path './usr/share/doc/*') | while read -r file; do
	cmp "$out/boot/$file" "$out/root/$file"
done

dpkg-deb -x "$out"/vga-stub_*.deb "$out/command"
command=$out/command/usr/bin/vga-stub
share=$out/command/usr/share
[ "$("$command" --version)" = "vga-stub $version" ]
for page in vga-stub $("$command" man --list | sed 's/^/vga-stub-/'); do
	mandoc -T lint -W error "$share/man/man1/$page.1.gz"
done
bash -n "$share/bash-completion/completions/vga-stub"
grep -q '^#compdef vga-stub' "$share/zsh/vendor-completions/_vga-stub"
grep -q '^complete -c vga-stub' "$share/fish/vendor_completions.d/vga-stub.fish"
[[ $(dpkg-deb -f "$out"/vga-stub-dkms_*.deb Recommends) == *", vga-stub" ]]
