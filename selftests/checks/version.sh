# SPDX-License-Identifier: GPL-2.0
# One version: in the module, and wherever else a version stands.
# for: kernel
set -euo pipefail
cd /src

version=$(bash -c '. ./dkms.conf && echo "$PACKAGE_VERSION"')
status=0

# same WHERE VERSION
same()
{
	if [ "$2" != "$version" ]; then
		echo "$1 has version '$2', dkms.conf has '$version'"
		status=1
	fi
}

same modinfo "$(modinfo -F version "$OUT/vga_stub.ko")"
same rust/cli/Cargo.toml "$(sed -n '0,/^version = /s/^version = "\(.*\)"/\1/p' rust/cli/Cargo.toml)"
same rust/core/Cargo.toml "$(sed -n '0,/^version = /s/^version = "\(.*\)"/\1/p' rust/core/Cargo.toml)"
# What is not released yet has no version there.
grep -qx '## Unreleased' CHANGELOG.md ||
	same CHANGELOG.md "$(sed -n '0,/^## [0-9]/s/^## \([0-9][^ ]*\).*/\1/p' CHANGELOG.md)"
same debian/changelog "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)"
exit $status
