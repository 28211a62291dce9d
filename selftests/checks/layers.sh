# SPDX-License-Identifier: GPL-2.0
# Imports of rust/module point down in the layers of Documentation/design.rst, and there is no circle.
# for: anywhere
. "$(dirname "$0")/common"

layers=$SRC/selftests/checks/layers.py
python3 -B "$layers" "$SRC"

# It tells of each, planted in a copy.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
status=0

# told TEXT FILE LINE: with the line in the file, the text is said
told()
{
	rm -rf "$copy/rust" "$copy/Documentation"
	mkdir -p "$copy/rust"
	cp -r "$SRC/Documentation" "$copy"
	cp -r "$SRC/rust/module" "$copy/rust"
	echo "$3" >>"$copy/$2"
	if python3 -B "$layers" "$copy" >"$copy/out" || ! grep -qF -- "$1" "$copy/out"; then
		echo "with \"$3\" in $2 it did not say \"$1\", but:"
		cat "$copy/out"
		status=1
	fi
}

told "rust/module/card.rs imports handoff, which is above it" rust/module/card.rs "use crate::{card, handoff::{self, Move}};"
told "rust/module/gate.rs imports registry, which is beside it" rust/module/gate.rs "use crate::registry;"
told "rust/module/hold.rs imports driver, which is above it" rust/module/hold.rs "fn f() { crate::driver::g() }"
told "abstractions/pci.rs imports ours, which is above it" rust/module/abstractions/pci.rs "use crate::ours;"
told "a circle: abstractions::pci -> abstractions::bus -> abstractions::pci" \
	rust/module/abstractions/pci.rs "use super::bus;"
told "the drawing of the layers lacks another" rust/module/another.rs "// nothing"
exit $status
