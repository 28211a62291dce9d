# SPDX-License-Identifier: GPL-2.0
# The recipes for other distributions, as far as Debian has their tools: the packages are
# built, and have what a build of the module takes.
set -euo pipefail

abi=$(/src/scripts/lab kernels | sed -n 's/^trixie //p' | head -n 1)
KDIR=$(/src/scripts/lab kdir "$abi")

work=$(mktemp -d)
version=$(bash -c '. /src/dkms.conf && echo "$PACKAGE_VERSION"')
mkdir "$work/vga-stub-$version"
tar -C /src --exclude=./.git --exclude=target -c . | tar -C "$work/vga-stub-$version" -x
tar -C "$work" -czf "$work/vga-stub-$version.tar.gz" "vga-stub-$version"

# builds DIRECTORY: the sources in there make the module.
builds()
{
	make -s -C "$1/usr/src/vga-stub-$version" KDIR="$KDIR" BUILD="$1/build"
	[ "$(modinfo -F version "$1/build/vga_stub.ko")" = "$version" ]
}

echo "--- Arch"
arch=$work/arch
mkdir "$arch" "$work/arch-root"
cp /src/packaging/arch/PKGBUILD "$arch"
chmod 755 "$work"
chown nobody "$arch"
# Debian has makepkg, but neither pacman nor bsdtar, without which it packs nothing.
(cd "$arch" && HOME=$arch PACMAN=true setpriv --reuid nobody --clear-groups \
	makepkg --printsrcinfo) >"$work/srcinfo"
grep -x "	pkgver = $version" "$work/srcinfo"
(
	# shellcheck source=/dev/null
	. /src/packaging/arch/PKGBUILD
	# shellcheck disable=SC2034  # for package()
	pkgdir=$work/arch-root
	cd "$work"
	package
)
[ -f "$work/arch-root/usr/lib/initcpio/install/vga-stub" ]
builds "$work/arch-root"

echo "--- Fedora"
rpm=$work/rpm
rpmbuild --define "_topdir $rpm" --define "_sourcedir $work" -ba /src/packaging/fedora/vga-stub-dkms.spec
rpm -qp --requires --qf '%{VERSION}\n' "$rpm"/RPMS/noarch/*.rpm | tee "$work/requires"
grep -qx "$version" "$work/requires"
mkdir "$work/rpm-root"
(cd "$work/rpm-root" && rpm2cpio "$rpm"/RPMS/noarch/*.rpm | cpio --quiet -idm)
[ -x "$work/rpm-root/usr/lib/dracut/modules.d/90vga-stub/module-setup.sh" ]
builds "$work/rpm-root"

# One list of what a build takes.
diff -r "$work/arch-root/usr/src/vga-stub-$version" "$work/rpm-root/usr/src/vga-stub-$version"

echo "--- NixOS: the version only"
grep -qF "version = \"$version-" /src/packaging/nix/default.nix
