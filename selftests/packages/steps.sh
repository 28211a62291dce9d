# SPDX-License-Identifier: GPL-2.0
#
# What is done in the throw-away root, one step a call; see run. Says "ok" of each thing
# that is as it should be, and ends at the first that is not.
# shellcheck shell=bash

set -euo pipefail

apt_get()
{
	apt-get -o Dir::Cache::archives=/lab/packages/apt -o APT::Keep-Downloaded-Packages=true \
		-o Dpkg::Options::=--force-confold --yes "$@"
}

# ok DESCRIPTION COMMAND...
ok()
{
	local what=$1
	shift

	if "$@"; then
		echo "ok $what"
	else
		echo "not ok $what: $*"
		exit 1
	fi
}

# not COMMAND...
not()
{
	! "$@"
}

# says TEXT COMMAND...: it fails, and says so
says()
{
	local text=$1
	shift

	! "$@" >/tmp/says 2>&1 || { echo "it did not fail"; return 1; }
	grep -F -- "$text" /tmp/says || { cat /tmp/says; return 1; }
}

version()
{
	bash -c '. /src/dkms.conf && echo "$PACKAGE_VERSION"'
}

# installed VERSION ABI: whether DKMS and modprobe know the module.
installed()
{
	dkms status "vga-stub/$1" -k "$2" | grep ": installed" &&
		[ "$(modinfo -k "$2" -F version vga_stub)" = "$1" ] &&
		modinfo -k "$2" -F vermagic vga_stub | grep "^$2 "
}

in_initramfs()
{
	lsinitramfs "/boot/initrd.img-$1" | grep 'vga_stub\.ko' &&
		lsinitramfs "/boot/initrd.img-$1" | grep 'scripts/init-top/00-vga-stub'
}

running_abi()
{
	basename "$(readlink -f /vmlinuz)" | sed 's/^vmlinuz-//'
}

kept=/var/lib/vga-stub/kernels

# The user's part before the package: backports in apt's sources, and the kernel.
step_kernel()
{
	local from=()

	[ "$suite" != user-trixie ] || from=(-t trixie-backports)
	apt_get update
	apt_get install "${from[@]}" linux-image-amd64 linux-headers-amd64
}

# debs FOLDER: the package, and a later version of it.
step_debs()
{
	local copy

	make -C /src deb BUILD="$1"
	copy=$(mktemp -d)
	tar -C /src --exclude=./.git --exclude=target -c . | tar -C "$copy" -x
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$(version).1\"/" "$copy/dkms.conf"
	sed -i "1s/(.*)/($(version).1)/" "$copy/debian/changelog"
	make -C "$copy" deb BUILD="$1"
}

step_install()
{
	local abi package

	abi=$(running_abi)
	# For the boot: drivers that want the cards, and the test's own part in place of the
	# root file system.
	/src/selftests/images/configure /etc/initramfs-tools

	# The three lines of the README, but for the kernel.
	echo 'options vga_stub devices=00:03.0/00.0' >/etc/modprobe.d/cards.conf
	apt_get install "$work/deb/vga-stub-dkms_$(version)_all.deb"

	ok "the module is built and installed" installed "$(version)" "$abi"
	ok "it is in the initramfs" in_initramfs "$abi"
	ok "the metadata was kept" test -f "$kept/$abi/rust/libkernel.rmeta"
	ok "it takes less than 200 MB" test "$(du -sm $kept | cut -f 1)" -lt 200
	ok "nothing is left of its making" test "$(ls $kept)" = "$abi"

	dkms unbuild "vga-stub/$(version)" -k "$abi"
	SECONDS=0
	dkms install "vga-stub/$(version)" -k "$abi"
	echo "a second build took $SECONDS s"
	ok "a second build takes the kept metadata" \
		not grep -F "making the kernel's Rust metadata" "/var/lib/dkms/vga-stub/$(version)/$abi/x86_64/log/make.log"
	mkdir -p "$work/boot"
	echo "$abi" >"$work/boot/abi"
	cp "/boot/vmlinuz-$abi" "/boot/initrd.img-$abi" /var/lib/dkms/mok.pub \
		"/lib/modules/$abi/updates/dkms/vga_stub.ko.xz" "$work/boot"
	ok "it is signed with DKMS's key" test -n "$(modinfo -k "$abi" -F signer vga_stub)"
	# For the boot with Secure Boot.
	for package in shim-signed grub-efi-amd64-signed; do
		(cd /tmp && apt_get download $package && dpkg-deb -x "$package"_*.deb signed)
	done
	find /tmp/signed \( -name shimx64.efi.signed -o -name grubx64.efi.signed \) \
		-exec cp {} "$work/boot" \;
}

step_upgrade()
{
	local abi stamp

	abi=$(running_abi)
	stamp=$(stat -c %Z "$kept/$abi/stamp")
	apt_get install "$work/deb/vga-stub-dkms_$(version).1_all.deb"
	ok "the new version is installed" installed "$(version).1" "$abi"
	ok "the old one is gone" not test -e "/usr/src/vga-stub-$(version)"
	ok "the metadata was not made again" test "$(stat -c %Z "$kept/$abi/stamp")" = "$stamp"
	ok "the initramfs has the new one" test "/boot/initrd.img-$abi" -nt "/lib/modules/$abi/updates/dkms/vga_stub.ko.xz"
}

# The archive's newest kernel, of another series. Its headers come without its source.
step_next-kernel()
{
	local abi headers version series tree kernel old

	old=$(running_abi)
	headers=$(apt-cache pkgnames linux-headers-7. | grep -E '^linux-headers-[0-9.]+\+deb[0-9]+-amd64$' |
		sort -V | tail -n 1)
	abi=${headers#linux-headers-}
	version=$(apt-cache show --no-all-versions "$headers" | sed -n 's/^Version: //p')
	series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$version")
	tree=$(echo /usr/src/vga-stub-*/scripts/rust-tree)
	# The signed image may come days after the rest.
	kernel=("$headers" "linux-base-$abi" "linux-binary-unsigned-$abi" "linux-modules-$abi")
	ok "it is another series" not test -e "/usr/src/linux-source-$series.tar.xz"

	ok "headers without source: the error says what to install" \
		says "apt install linux-source-$series=$version" apt_get install "${kernel[@]}"

	# Its making is interrupted at some point, by whatever kills the whole process group.
	(cd /tmp && apt_get download "linux-source-$series=$version" &&
		dpkg-deb -x "linux-source-$series"_*.deb source)
	cp "/tmp/source/usr/src/linux-source-$series.tar.xz" /usr/src
	mkdir /tmp/bin
	printf '#!/bin/sh\ncase $* in *linux-source-*) echo "%s";; *) exec /usr/bin/dpkg-query "$@";; esac\n' \
		"$version" >/tmp/bin/dpkg-query
	chmod +x /tmp/bin/dpkg-query
	PATH=/tmp/bin:$PATH setsid "$tree" get "$abi" >/tmp/interrupted 2>&1 &
	while [ ! -s "$kept/$abi.log" ]; do sleep 0.2; done
	sleep 3
	kill -KILL -- "-$!"
	wait $! || true
	ok "an interrupted making leaves a partial tree" test -d "$kept/$abi.partial"
	rm "/usr/src/linux-source-$series.tar.xz"

	# The wrong version of the source is refused.
	printf '#!/bin/sh\ncase $* in *linux-source-*) echo 0.1;; *) exec /usr/bin/dpkg-query "$@";; esac\n' \
		>/tmp/bin/dpkg-query
	touch "/usr/src/linux-source-$series.tar.xz"
	ok "another version of the source is refused" \
		says "linux-source-$series: 0.1" env PATH="/tmp/bin:$PATH" "$tree" check "$abi"
	rm "/usr/src/linux-source-$series.tar.xz"

	# The command that the error named.
	apt_get install "linux-source-$series=$version"
	ok "with the source it is built, without another command" installed "$(version).1" "$abi"
	# As the image's own postinst does.
	update-initramfs -c -k "$abi"
	ok "and is in that kernel's initramfs" in_initramfs "$abi"
	ok "nothing is left of the interrupted one" not test -e "$kept/$abi.partial"
	ok "the other kernel's is still there" installed "$(version).1" "$old"

	mkdir -p /tmp/bin
	ok "a compiler of another version is refused" \
		says 'rustc 9.9.9' bash -c "printf '#!/bin/sh\necho rustc 9.9.9' >/tmp/bin/rustc
			chmod +x /tmp/bin/rustc; RUSTC=/tmp/bin/rustc $tree check $abi"
}

step_kernel-removal()
{
	local abi

	# The old one.
	abi=$(find "$kept" -mindepth 1 -maxdepth 1 -printf "%f\n" | sort -V | head -n 1)
	ok "what was kept for the kernel is there" test -d "$kept/$abi"
	apt_get remove "linux-image-$abi" "linux-binary-$abi" "linux-modules-$abi" "linux-headers-$abi"
	ok "it goes with the kernel" not test -e "$kept/$abi"
	ok "the module too" not test -e "/lib/modules/$abi/updates"
}

step_remove()
{
	local abi

	abi=$(basename "$(echo "$kept"/*)")
	ok "another kernel's is there" test -f "$kept/$abi/stamp"
	apt_get remove vga-stub-dkms
	ok "no module is left" not ls /lib/modules/*/updates/dkms/vga_stub.ko*
	ok "DKMS knows nothing of it" test -z "$(dkms status vga-stub)"
	ok "nothing is kept" not test -e /var/lib/vga-stub
	ok "configuration stays" test -f /etc/modprobe.d/vga-stub.conf
	apt_get purge vga-stub-dkms
	find / -xdev -name '*vga[-_]stub*' ! -path '/proc/*' ! -path '/src/*' ! -path '/lab/*' \
		! -path '/tmp/*' ! -path '/sys/*' ! -path '/var/lib/apt/*' | tee /tmp/left
	ok "nothing at all is left" not test -s /tmp/left
}

suite=$1
work=/lab/packages/$suite
step=$2
shift 2
"step_$step" "$@"
