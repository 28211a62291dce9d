# SPDX-License-Identifier: GPL-2.0
#
# What is done in the throw-away root, one step a call; see run. Says "ok" of each thing
# that is as it should be, and ends at the first that is not.
# shellcheck shell=bash

set -euo pipefail

# What apt has downloaded is kept in the lab. With archives=DIR before the command it has only what
# is in there, and with offline=yes no network.
apt_get()
{
	${offline:+unshare --net --} apt-get -o "Dir::Cache::archives=${archives:-/lab/packages/apt}" \
		-o APT::Keep-Downloaded-Packages=true -o Dpkg::Options::=--force-confold --yes "$@"
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

# logged LOG COMMAND...: what it says goes to LOG as well
logged()
{
	local log=$1
	shift

	"$@" 2>&1 | tee "$log"
}

# Cards that the options of step_install name.
cards=devices=00:03.0/00.0

# notice ABI REASON COMMAND: what a user reads of a kernel that the module is not built for.
notice()
{
	local boot="will not hold: $cards"

	[ -n "$cards" ] || boot="will hold no card."
	printf '%s\n' '' "vga-stub: the module is not built for $1: $2." \
		"          At its next boot this kernel $boot" \
		"          Run: $3" \
		"          That is all: the module is then built and put into the initramfs."
}

# ends_with LOG TEXT: whether that is the last that was said
ends_with()
{
	# dpkg's terminal ends lines its own way.
	diff <(echo "$2") <(tail -n "$(wc -l <<<"$2")" "$1" | tr -d '\r')
}

configured()
{
	[ "$(dpkg-query -W -f '${Status}' "$1")" = "install ok installed" ]
}

# For what is half installed.
half_configured()
{
	[ "$(dpkg-query -W -f '${Status}' "$1")" = "install ok half-configured" ]
}

# sound: whether dpkg finds nothing half done, and apt nothing broken
sound()
{
	[ -z "$(dpkg --audit)" ] && apt-get check
}

# The commands of the README's section "Install it", one a line: those for Debian 13.
readme_lines()
{
	sed -n '/^## Install it/,/^## /s/^    //p' /src/README.md
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

# The first kernel that the module is for.
minimum()
{
	sed -n 's/^BUILD_EXCLUSIVE_KERNEL_MIN="\(.*\)"$/\1/p' /src/dkms.conf
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
	find /boot -name 'vmlinuz-*' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n 1
}

kept=/var/lib/vga-stub/kernels

# The user's part before the package: backports in apt's sources, and the kernel. Every machine has mount,
# but sid's smallest root has not.
step_kernel()
{
	local from=()

	[ "$suite" != user-trixie ] || from=(-t trixie-backports)
	apt_get update
	apt_get install "${from[@]}" linux-image-amd64 linux-headers-amd64
	apt_get install mount
}

# debs DIRECTORY: the packages.
step_debs()
{
	make -C /src deb BUILD="$1" COMMAND="$(/src/selftests/checks/built-command /lab)"
}

# later DIRECTORY: the packages of a later version.
step_later()
{
	local copy

	copy=$(mktemp -d)
	tar -C /src --exclude=./.git --exclude=target -c . | tar -C "$copy" -x
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$(version).1\"/" "$copy/dkms.conf"
	sed -i "1s/(.*)/($(version).1)/" "$copy/debian/changelog"
	make -C "$copy" deb BUILD="$1" COMMAND="$(/src/selftests/checks/built-command /lab)"
}

# for_here: the README's lines as one types them here; sid has no backports
for_here()
{
	if [ "$suite" = user-sid ]; then
		sed 's/ -t trixie-backports//'
	else
		cat
	fi
}

# Types the three lines of the README, as they stand but for the cards.
readme()
{
	local lines

	mapfile -t lines < <(readme_lines | for_here | sed "s|ids=[0-9a-f:,]*|$cards|; s/#.*//")
	ok "the README has three lines" test ${#lines[@]} = 3
	ok "the first is typed" typed "${lines[0]}"
	ok "the second" typed "${lines[1]}"
	ok "the third, where the packages are" typed "cd $work/deb; ${lines[2]}"
}

step_install()
{
	local abi package

	abi=$(running_abi)
	# For the boot: drivers that want the cards, and the test's own part in place of the
	# root file system.
	/src/selftests/images/configure /etc/initramfs-tools

	readme
	ok "the package is configured" configured vga-stub-dkms
	ok "so is the command" configured vga-stub
	ok "which has the version" test "$(vga-stub --version)" = "vga-stub $(version)"
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
	to_boot "$abi"
	ok "it is signed with DKMS's key" test -n "$(modinfo -k "$abi" -F signer vga_stub)"
	# For the boot with Secure Boot.
	for package in shim-signed grub-efi-amd64-signed; do
		(cd /tmp && apt_get download $package && dpkg-deb -x "$package"_*.deb signed)
	done
	find /tmp/signed \( -name shimx64.efi.signed -o -name grubx64.efi.signed \) \
		-exec cp {} "$work/boot" \;
}

# image ABI: the initramfs, of which two with the same files are equal byte for byte
image()
{
	SOURCE_DATE_EPOCH=1700000000 update-initramfs -u -k "$1"
}

# sums: every file of /etc and /boot: what is in it, its mode, and where links go
sums()
{
	find /etc /boot -xdev -type f -exec sha256sum {} + | sort -k 2
	find /etc /boot -xdev -printf '%m %y %l %p\n' | sort -k 3
}

# A machine that has the packages and where no card is named yet.
step_unset()
{
	rm -f /etc/modprobe.d/cards.conf
	image "$(running_abi)"
	sums >"$work/before.sums"
	ok "there is something to compare" test "$(wc -l <"$work/before.sums")" -gt 100
}

# setup and undo were there, and three boots.
step_taken-back()
{
	sums >"$work/after.sums"
	ok "every file of /etc and /boot is as it was before setup" diff "$work/before.sums" "$work/after.sums"
	ok "nothing is recorded" not test -e /var/lib/vga-stub/setup.json
	# As the step install has left it.
	echo "options vga_stub $cards" >/etc/modprobe.d/cards.conf
	image "$(running_abi)"
}

# to_boot ABI: takes out what the step boot takes.
to_boot()
{
	local abi=$1

	rm -rf "${work:?}/boot/kernel"
	mkdir -p "$work/boot/kernel/usr/lib/modules"
	echo "$abi" >"$work/boot/abi"
	cp "/boot/vmlinuz-$abi" "/boot/initrd.img-$abi" "/lib/modules/$abi/updates/"*/vga_stub.ko.xz "$work/boot"
	[ ! -e /var/lib/dkms/mok.pub ] || cp /var/lib/dkms/mok.pub "$work/boot"
	cp -r "/lib/modules/$abi" "$work/boot/kernel/usr/lib/modules"
	dpkg-query -W "linux-image-$abi" >"$work/boot/kernel/stamp"
}

# typed LINE: what the shell does with it, where apt asks no questions and keeps what it downloads.
typed()
{
	bash -ec "$(declare -f apt_get)"'
		apt() { apt_get "$@"; }
		eval "$1"' bash "$1"
}

# prebuilt-debs DIRECTORY ABI VERSION: the module built, where the lab has that kernel.
step_prebuilt-debs()
{
	/src/scripts/deb-modules "$1" "$(/src/scripts/lab kdir "$2")" "$3"
}

# Without a compiler: the module as a package has it.
step_prebuilt()
{
	local abi deb name log=/tmp/apt.log

	abi=$(running_abi)
	deb=$work/deb/vga-stub-modules-${abi}_$(version)_amd64.deb
	/src/selftests/images/configure /etc/initramfs-tools
	echo "options vga_stub $cards" >/etc/modprobe.d/cards.conf
	apt_get install "$work/deb/vga-stub-boot_$(version)_all.deb" "$deb"
	ok "it is configured" configured "vga-stub-modules-$abi"
	for name in rustc bindgen gcc dkms linux-source; do
		ok "there is no $name" not configured "$name"
	done
	ok "modprobe knows the module" test "$(modinfo -k "$abi" -F version vga_stub)" = "$(version)"
	ok "it is in the initramfs" in_initramfs "$abi"
	to_boot "$abi"
}

# With DKMS beside it, which leaves this kernel alone, until the package goes.
step_prebuilt-dkms()
{
	local abi log=/tmp/apt.log

	abi=$(running_abi)
	logged $log apt_get install --no-install-recommends "$work/deb/vga-stub-dkms_$(version)_all.deb"
	ok "vga-stub-dkms takes the place of vga-stub-boot" not configured vga-stub-boot
	ok "the module's package stays" configured "vga-stub-modules-$abi"
	ok "DKMS has built none for this kernel" test "$(dkms status vga-stub)" = "vga-stub/$(version): added"
	ok "nothing is to be told" not grep -F vga-stub: $log
	ok "dkms autoinstall passes over the kernel" dkms autoinstall -k "$abi"
	ok "dkms install refuses, and says why" says "BUILD_EXCLUSIVE directive" \
		dkms install "vga-stub/$(version)" -k "$abi"
	ok "there is one module" test "$(find "/lib/modules/$abi" -name 'vga_stub.ko*' | wc -l)" = 1
	ok "it is in the initramfs" in_initramfs "$abi"
	logged $log apt_get remove "vga-stub-modules-$abi"
	ok "without it the kernel is DKMS's, which lacks the source" ends_with $log \
		"$(notice "$abi" "the kernel's source is not installed" "apt install -t trixie-backports linux-source")"
}

# The archive as it was when the first series was the newest, and the README's lines then. What apt sees
# of it is its lists: kernels of later series go, and the metapackages are those of the older time.
step_moving()
{
	local lists list abi version name line

	apt_get update
	/src/selftests/images/configure /etc/initramfs-tools
	lists=/var/lib/apt/lists
	list=$(find $lists -name '*trixie-backports_main_binary-amd64_Packages')
	abi=$(apt-cache pkgnames linux-headers- | grep -E '^linux-headers-[0-9.]+\+deb[0-9]+-amd64$' |
		sed 's/^linux-headers-//' | sort -V | awk -F . -v min="$(minimum)" '
			BEGIN { split(min, m, ".") }
			$1 < m[1] || ($1 == m[1] && $2 < m[2]) { next }
			!series { series = $1 "." $2 "." }
			index($0, series) == 1 { newest = $0 }
			END { print newest }')
	version=$(apt-cache show --no-all-versions "linux-headers-$abi" | sed -n 's/^Version: //p')
	mv "$list" /var/lib/apt/archive-as-it-is
	awk -v RS= -v ORS='\n\n' -v keep="$version" '
		{ kernel = ($0 ~ /\nSource: linux(-signed-amd64)?( |\n)/ || $0 ~ /^Package: linux(\n|$)/)
		  match($0, /\nVersion: [^\n]*/); version = substr($0, RSTART + 10, RLENGTH - 10) }
		!kernel || version == keep' /var/lib/apt/archive-as-it-is >"$list"
	for name in image headers; do
		mkdir -p "/tmp/meta/linux-$name-amd64/DEBIAN"
		line="Package: linux-$name-amd64
Version: $version
Architecture: amd64
Maintainer: the test <root@localhost>
Depends: linux-$name-$abi
Description: as the archive had it"
		echo "$line" >"/tmp/meta/linux-$name-amd64/DEBIAN/control"
		dpkg-deb --root-owner-group --build "/tmp/meta/linux-$name-amd64" \
			"/lab/packages/apt/linux-$name-amd64_${version}_amd64.deb"
		cat >>"$list" <<-END
			$line
			Filename: pool/main/l/linux/linux-$name-amd64_${version}_amd64.deb
			Size: $(stat -c %s "/lab/packages/apt/linux-$name-amd64_${version}_amd64.deb")
			SHA256: $(sha256sum "/lab/packages/apt/linux-$name-amd64_${version}_amd64.deb" | cut -d ' ' -f 1)

		END
	done
	ok "$version is what apt sees of linux-image-amd64" test "$version" = \
		"$(apt-cache madison linux-image-amd64 | awk -F ' *[|] *' '/backports/ { print $2 }')"

	readme
	ok "that kernel is the newest" test "$(running_abi)" = "$abi"
	ok "the module is built and installed" installed "$(version)" "$abi"
	ok "it is in the initramfs" in_initramfs "$abi"
	to_boot "$abi"
}

# Then the archive as it is, and one command.
step_moved()
{
	local before after log=/tmp/apt.log

	before=$(running_abi)
	mv /var/lib/apt/archive-as-it-is "$(find /var/lib/apt/lists -name '*trixie-backports_main_binary-amd64_Packages')"
	logged $log apt_get full-upgrade
	after=$(running_abi)
	ok "apt full-upgrade has brought another kernel" test "$before" != "$after"
	ok "the module is built and installed for it" installed "$(version)" "$after"
	ok "it is in the initramfs" in_initramfs "$after"
	ok "the kernel of before keeps its own" installed "$(version)" "$before"
	ok "nothing had to be told" not grep -F vga-stub: $log
	to_boot "$after"
}

# Causes for which the module cannot be built. At first the network is not there, and of what the
# package takes apt has downloaded all but the source.
step_missing()
{
	local abi command deb log=/tmp/apt.log

	abi=$(running_abi)
	deb=$work/deb/vga-stub-dkms_$(version)_all.deb
	echo "options vga_stub $cards" >/etc/modprobe.d/cards.conf
	mkdir -p /tmp/none/partial

	archives=/tmp/none offline=yes ok "without network and with nothing downloaded apt refuses" \
		says "E: Unable to fetch some archives" apt_get install -o Acquire::Retries=0 "$deb"
	ok "and has begun nothing" not dpkg-query -W vga-stub-dkms
	ok "nothing is half done" sound

	apt_get install --download-only --no-install-recommends "$deb"
	offline=yes logged $log apt_get install --no-install-recommends "$deb"
	ok "without network and source the package is configured" configured vga-stub-dkms
	command="apt install$([ "$suite" = user-sid ] || echo " -t trixie-backports") linux-source"
	ok "the notice is the last that apt says" ends_with $log \
		"$(notice "$abi" "the kernel's source is not installed" "$command")"
	ok "DKMS has not built it" test "$(dkms status vga-stub)" = "vga-stub/$(version): added"
	ok "dkms autoinstall passes over the kernel" dkms autoinstall -k "$abi"
	ok "dkms install fails, and says so" says "Bad return status for module build on kernel: $abi" \
		dkms install "vga-stub/$(version)" -k "$abi"
	ok "its log has the reason" grep -F "vga-stub: the kernel's source is not installed" \
		"/var/lib/dkms/vga-stub/$(version)/build/make.log"

	archives=/tmp/none offline=yes ok "without network the command is apt's to refuse" \
		says "E: Unable to fetch some archives" typed "${command/install/install -o Acquire::Retries=0}"
	ok "the package stays configured" configured vga-stub-dkms
	ok "nothing is half done after that" sound

	# With the hook for apt in its place.
	logged $log apt_get install --reinstall --no-install-recommends "$deb"
	ok "so it is when the package is installed again" ends_with $log \
		"$(notice "$abi" "the kernel's source is not installed" "$command")"
	logged $log dpkg -i "$deb"
	ok "and with dpkg alone" ends_with $log \
		"$(notice "$abi" "the kernel's source is not installed" "$command")"
	logged $log apt_get install --reinstall kmod
	ok "nothing is said where nothing has to do with it" not grep -F vga-stub: $log

	# reconfigured WHAT REASON COMMAND
	reconfigured()
	{
		logged $log dpkg-reconfigure vga-stub-dkms
		ok "$1: it is configured" configured vga-stub-dkms
		ok "$1: the notice" ends_with $log "$(notice "$abi" "$2" "$3")"
		ok "$1: DKMS knows of no module" test "$(dkms status vga-stub)" = "vga-stub/$(version): added"
	}

	mv /etc/modprobe.d/cards.conf /tmp
	cards='' reconfigured "no cards" "the kernel's source is not installed" "$command"
	mv /tmp/cards.conf /etc/modprobe.d

	# The archive has moved on, or apt has no lists yet.
	mount -t tmpfs tmpfs /var/lib/apt/lists
	reconfigured "no lists" "the kernel's source is not installed" "apt update && $(source_command "$abi")"
	umount /var/lib/apt/lists

	printf '#!/bin/sh\necho "rustc 9.9.9"\n' >/usr/local/bin/rustc
	chmod +x /usr/local/bin/rustc
	reconfigured "another rustc" "rustc is not the one that the kernel was built with" "$(rustc_command "$abi")"
	rm /usr/local/bin/rustc

	mv /usr/bin/rustc /usr/bin/rustc.away
	reconfigured "no rustc" "no rustc: 'rustc' is not a command" "$(rustc_command "$abi")"
	mv /usr/bin/rustc.away /usr/bin/rustc

	mv /usr/bin/bindgen /usr/bin/bindgen.away
	reconfigured "no bindgen" "no bindgen: 'bindgen' is not a command" "apt install bindgen"
	mv /usr/bin/bindgen.away /usr/bin/bindgen

	mv "/lib/modules/$abi/build" "/lib/modules/$abi/build.away"
	reconfigured "no headers" "the kernel's headers are not installed" "apt install linux-headers-amd64"
	mv "/lib/modules/$abi/build.away" "/lib/modules/$abi/build"

	sed 's/^CONFIG_RUST=y$/# CONFIG_RUST is not set/' "/lib/modules/$abi/build/.config" >/tmp/config
	mount --bind /tmp/config "$(realpath "/lib/modules/$abi/build/.config")"
	reconfigured "no Rust in the kernel" "the kernel has no Rust support" \
		"${command/linux-source/linux-image-amd64 linux-headers-amd64 linux-source}"
	mount -t tmpfs tmpfs /var/lib/apt/lists
	reconfigured "no Rust, and apt knows no kernel that has it" "the kernel has no Rust support" \
		"$(backports_command)"
	umount /var/lib/apt/lists
	umount "$(realpath "/lib/modules/$abi/build/.config")"

	# The command that the notice has, as it stands.
	ok "the command is typed" typed "$command"
	ok "then it is built" installed "$(version)" "$abi"
	ok "it is in the initramfs" in_initramfs "$abi"
	ok "no kernel is left to be told of" not ls /var/lib/vga-stub/postponed/*

	mount -t tmpfs -o size=100M tmpfs $kept
	reconfigured "no space" "$kept has 100 MB left, and 1500 MB are needed for a while" \
		"dpkg-reconfigure vga-stub-dkms"
	umount $kept

	echo 'compile_error!("planted");' >>"/usr/src/vga-stub-$(version)/rust/module/vga_stub.rs"
	reconfigured "a build that fails" \
		"the build failed, see /var/lib/dkms/vga-stub/$(version)/build/make.log" \
		"dpkg-reconfigure vga-stub-dkms"
	sed -i '$d' "/usr/src/vga-stub-$(version)/rust/module/vga_stub.rs"
	ok "the command is typed, when that is mended" typed "dpkg-reconfigure vga-stub-dkms"
	ok "then it is built again" installed "$(version)" "$abi"

	printf '#!/bin/sh\nexit 1\n' >/usr/local/bin/update-initramfs
	chmod +x /usr/local/bin/update-initramfs
	touch "/lib/modules/$abi/updates/dkms/"vga_stub.ko*
	logged $log dpkg-reconfigure vga-stub-dkms
	ok "no initramfs: it is said" ends_with $log "vga-stub: the initramfs of $abi was not made anew"
	ok "no initramfs: it is configured" configured vga-stub-dkms
	rm /usr/local/bin/update-initramfs

	dkms unbuild "vga-stub/$(version)" -k "$abi"
	apt_get remove linux-source "linux-source-$(grep -oE '^[0-9]+\.[0-9]+' <<<"$abi")"
	rm -rf "${kept:?}"
	mount -t tmpfs -o ro tmpfs /var/lib/vga-stub
	logged $log dpkg-reconfigure vga-stub-dkms
	ok "nothing can be noted: it is said" ends_with $log "vga-stub: nothing was done for $abi"
	ok "nothing can be noted: it is configured" configured vga-stub-dkms
	umount /var/lib/vga-stub
}

# The command that brings the kernel's source, and no other, where no metapackage does.
source_command()
{
	local version

	version=$(dpkg-query -W -f '${Version}' "linux-headers-$1")
	echo "apt install linux-source-$(grep -oE '^[0-9]+\.[0-9]+' <<<"$version")=$version"
}

# What helps where apt knows no kernel that has Rust: backports in its sources first, where there are such.
backports_command()
{
	local release

	if [ "$suite" = user-sid ]; then
		echo "apt update && apt install linux-image-amd64 linux-headers-amd64 linux-source"
		return
	fi
	release=$(. /etc/os-release && echo "$VERSION_CODENAME")
	printf '%s' "echo 'deb http://deb.debian.org/debian $release-backports main'" \
		" >/etc/apt/sources.list.d/backports.list && apt update &&" \
		" apt install -t $release-backports linux-image-amd64 linux-headers-amd64 linux-source"
}

# The command that brings back the rustc that the kernel was built with.
rustc_command()
{
	local text packaged

	text=$(sed -n 's/^CONFIG_RUSTC_VERSION_TEXT="rustc \([0-9.]*\).*/\1/p' "/lib/modules/$1/build/.config")
	packaged=$(apt-cache madison rustc | awk -F ' *[|] *' -v version="$text+" 'index($2, version) == 1 { print $2; exit }')
	echo "apt install --allow-downgrades rustc=$packaged libstd-rust-dev=$packaged rust-src=$packaged"
}

step_upgrade()
{
	local abi stamp

	abi=$(running_abi)
	stamp=$(stat -c %Z "$kept/$abi/stamp")
	apt_get install "$work/deb/vga-stub-dkms_$(version).1_all.deb" "$work/deb/vga-stub_$(version).1_amd64.deb"
	ok "the new version is installed" installed "$(version).1" "$abi"
	ok "the old one is gone" not test -e "/usr/src/vga-stub-$(version)"
	ok "the metadata was not made again" test "$(stat -c %Z "$kept/$abi/stamp")" = "$stamp"
	ok "the initramfs has the new one" test "/boot/initrd.img-$abi" -nt "/lib/modules/$abi/updates/dkms/vga_stub.ko.xz"
}

# first-debs DIRECTORY: the package of the first version, from what it had in first/ and what has not
# changed since, with today's module. Its maintainer's scripts are dh_dkms's and its own.
step_first-debs()
{
	local copy

	copy=$(mktemp -d)/vga-stub
	/src/scripts/install-files source "$copy" >/dev/null
	mkdir "$copy/packaging" "$copy/debian"
	cp -r /src/packaging/dracut /src/packaging/initramfs-tools "$copy/packaging"
	cp -r /src/debian/copyright /src/debian/source /src/debian/vga-stub-dkms.{dkms,postrm} "$copy/debian"
	cp /src/CHANGELOG.md "$copy"
	rm "$copy/scripts/"*
	cp -r /src/selftests/packages/first/. "$copy"
	(cd "$copy" && dpkg-buildpackage --build=binary --no-sign --no-check-builddeps)
	mkdir -p "$1"
	cp "$copy"/../*.deb "$1"
}

# What a user has who followed the README of the first version: the module, or half a package, since the archive
# has moved on and that README named no source. Then the third line of today's README.
step_first()
{
	local abi deb first line log=/tmp/apt.log

	abi=$(running_abi)
	deb=$(echo "$work/first/"*.deb)
	first=$(dpkg-deb -f "$deb" Version)
	line="cd $work/deb; $(readme_lines | sed -n '3s/#.*//p')"
	/src/selftests/images/configure /etc/initramfs-tools
	echo "options vga_stub $cards" >/etc/modprobe.d/cards.conf
	first_built
	# Made once is enough.
	cp -a $kept /tmp/kept
	apt_get purge vga-stub-dkms vga-stub "linux-source-*"
	echo "options vga_stub $cards" >/etc/modprobe.d/cards.conf
	first_failed
	to_boot "$abi"
}

# The source is that of the kernel. Takes the variables of step_first.
first_built()
{
	typed "$(source_command "$abi")"
	apt_get install "$deb"
	ok "$first is installed" installed "$first" "$abi"
	ok "it is in the initramfs" in_initramfs "$abi"
	logged "$log" typed "$line"
	ok "the new version takes its place" installed "$(version)" "$abi"
	ok "with the command" configured vga-stub
	ok "nothing had to be told" not grep -F 'vga-stub: the module is not built' "$log"
	ok "DKMS knows of one version" test "$(dkms status vga-stub | cut -d , -f 1 | sort -u)" = "vga-stub/$(version)"
	ok "the sources of $first are gone" not test -e "/usr/src/vga-stub-$first"
	ok "so is the hook that it had" not test -e /etc/kernel/header_postinst.d/vga-stub-dkms
	ok "the example is the new one" cmp /src/packaging/modprobe.d/vga-stub.conf /etc/modprobe.d/vga-stub.conf
	ok "the cards are the user's" test "$(cat /etc/modprobe.d/cards.conf)" = "options vga_stub $cards"
	ok "no configuration of before lies about" find /etc -name '*vga-stub*.dpkg-*' -exec false {} +
	ok "the initramfs has it" in_initramfs "$abi"
	ok "and is newer than the module" test "/boot/initrd.img-$abi" -nt \
		"$(find "/lib/modules/$abi/updates/dkms" -name 'vga_stub.ko*')"
	ok "nothing is half done" sound
}

# The source is not there, or that of another series, which is the same. Takes the variables of step_first.
first_failed()
{
	local command

	command="apt install$([ "$suite" = user-sid ] || echo " -t trixie-backports") linux-source"
	ok "without the source $first cannot be installed" not apt_get install "$deb"
	ok "it is half installed" half_configured vga-stub-dkms
	# On sid the source would come as well.
	logged "$log" typed "${line/install/install --no-install-recommends}"
	ok "the new version is configured all the same" configured vga-stub-dkms
	ok "its notice is the last that apt says" ends_with "$log" \
		"$(notice "$abi" "the kernel's source is not installed" "$command")"
	ok "nothing is half done with half a package" sound
	mkdir -p $kept
	cp -a /tmp/kept/. $kept
	ok "the notice's command is typed" typed "$command"
	ok "then the new version is installed" installed "$(version)" "$abi"
	ok "it is in the initramfs as well" in_initramfs "$abi"
}

# A kernel of another series, if the archive has one. Its headers come without its source.
step_other-kernel()
{
	local abi version series tree here command log=/tmp/apt.log

	here=$(running_abi)
	abi=$(apt-cache pkgnames linux-headers- | grep -E '^linux-headers-[0-9.]+\+deb[0-9]+-amd64$' |
		sed 's/^linux-headers-//' | grep -v "^$(grep -oE '^[0-9]+\.[0-9]+' <<<"$here")\." | sort -V | tail -n 1)
	if ! dpkg --compare-versions "${abi%%+*}" ge "$(minimum)"; then
		echo "ok the archive has no kernel of another series: this step has nothing to do"
		return
	fi
	version=$(apt-cache show --no-all-versions "linux-headers-$abi" | sed -n 's/^Version: //p')
	series=$(grep -oE '^[0-9]+\.[0-9]+' <<<"$version")
	tree=$(echo /usr/src/vga-stub-*/scripts/rust-tree)
	command="apt install linux-source-$series=$version"

	# It comes from a disk, or was downloaded before.
	apt_get install --download-only "linux-image-$abi" "linux-headers-$abi"
	offline=yes logged $log apt_get install "linux-image-$abi" "linux-headers-$abi"
	ok "without network the kernel is configured" configured "linux-image-$abi"
	ok "its headers are" configured "linux-headers-$abi"
	ok "the last that apt says is what they lack" ends_with $log \
		"$(notice "$abi" "the kernel's source is not installed" "$command")"
	ok "its initramfs has no module" not in_initramfs "$abi"

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
	ok "another version of the source is refused" not env PATH="/tmp/bin:$PATH" "$tree" check "$abi" 2>/tmp/said
	ok "in these words" diff /tmp/said - <<-END
		vga-stub: the kernel's source is not of the same version as the kernel's headers
		          linux-headers-$abi: $version
		          linux-source-$series: 0.1
		          $command
	END
	rm "/usr/src/linux-source-$series.tar.xz"

	ok "the command is typed" typed "$command"
	ok "with the source it is built, without another command" installed "$(version).1" "$abi"
	ok "and is in that kernel's initramfs" in_initramfs "$abi"
	ok "nothing is left of the interrupted one" not test -e "$kept/$abi.partial"
	ok "the other kernel's is still there" installed "$(version).1" "$here"

	ok "a compiler of another version is refused" \
		says 'rustc 9.9.9' bash -c "printf '#!/bin/sh\necho rustc 9.9.9' >/tmp/bin/rustc
			chmod +x /tmp/bin/rustc; RUSTC=/tmp/bin/rustc $tree check $abi"
}

step_kernel-removal()
{
	local abi

	abi=$(find "$kept" -mindepth 1 -maxdepth 1 -printf "%f\n" | sort -V | head -n 1)
	if [ "$abi" = "$(running_abi)" ]; then
		echo "ok there is no other kernel: this step has nothing to do"
		return
	fi
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
	# As vga-stub setup would have left it.
	echo '{}' >/var/lib/vga-stub/setup.json
	echo '# Written by vga-stub setup' >/etc/modprobe.d/vga-stub-cards.conf
	apt_get remove vga-stub-dkms vga-stub
	ok "no module is left" not ls /lib/modules/*/updates/dkms/vga_stub.ko*
	ok "DKMS knows nothing of it" test -z "$(dkms status vga-stub)"
	ok "nothing is kept but what setup did" test "$(ls /var/lib/vga-stub)" = setup.json
	ok "configuration stays" test -f /etc/modprobe.d/vga-stub.conf
	ok "that of setup, too" test -f /etc/modprobe.d/vga-stub-cards.conf
	apt_get purge vga-stub-dkms vga-stub
	find / -xdev -name '*vga[-_]stub*' ! -path '/proc/*' ! -path '/src/*' ! -path '/lab/*' \
		! -path '/tmp/*' ! -path '/sys/*' ! -path '/var/lib/apt/*' | tee /tmp/left
	ok "nothing at all is left" not test -s /tmp/left
}

suite=$1
work=/lab/packages/$suite
step=$2
shift 2
"step_$step" "$@"
