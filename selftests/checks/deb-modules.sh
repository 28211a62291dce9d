# SPDX-License-Identifier: GPL-2.0
# The package with the module built: two builds, in two directories, are equal byte for byte; it depends on
# exactly that kernel, and the module is the one that this kernel takes. With a key it is signed.
# for: kernel
set -euo pipefail

version=$(sed -n '1s/.*(\(.*\)).*/\1/p' /src/debian/changelog)
name=vga-stub-modules-${ABI}_${version}_amd64.deb
one=$(mktemp -d)
two=$(mktemp -d -p /var/tmp)
trap 'rm -rf "$two"' EXIT
/src/scripts/deb-modules "$one" "$KDIR" 1.2-3
mkdir "$two/elsewhere"
tar -C /src --exclude=./.git --exclude=target -c . | tar -C "$two/elsewhere" -x
(umask 077 && TMPDIR=$two "$two/elsewhere/scripts/deb-modules" "$two" "$KDIR" 1.2-3)
cmp "$one/$name" "$two/$name"

[ "$(dpkg-deb -f "$one/$name" Depends)" = "linux-image-$ABI (= 1.2-3), vga-stub-boot | vga-stub-dkms" ]
dpkg-deb -x "$one/$name" "$one/root"
module=$one/root/usr/lib/modules/$ABI/updates/vga-stub/vga_stub.ko.xz
modinfo -F vermagic "$module" | grep "^$ABI "
[ -z "$(modinfo -F signer "$module")" ]
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error,warning --display-info "$one/$name"
fi

# A distributor's key.
if command -v openssl >/dev/null; then
	openssl req -new -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=who distributes it/" \
		-keyout "$one/key.pem" -out "$one/cert.pem" 2>/dev/null
	mkdir "$one/signed"
	SIGN_KEY=$one/key.pem SIGN_CERT=$one/cert.pem /src/scripts/deb-modules "$one/signed" "$KDIR" 1.2-3
	dpkg-deb -x "$one/signed/$name" "$one/signed/root"
	[ "$(modinfo -F signer "$one/signed/root/usr/lib/modules/$ABI/updates/vga-stub/vga_stub.ko.xz")" = \
		"who distributes it" ]
fi
