# SPDX-License-Identifier: GPL-2.0
# The series for the kernel applies to its source, and checkpatch and rustfmt have nothing to say of it.
# for: main
. "$(dirname "$0")/common"

scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
# The parts of the kernel's source that the series changes or that look at it: that itself stays as it is.
copy_parts()
{
	mkdir "$1"
	(cd "$KDIR" && cp --parents -t "$1" rust/bindings/bindings_helper.h rust/kernel/lib.rs drivers/pci/Kconfig \
		drivers/pci/Makefile MAINTAINERS Documentation/admin-guide/index.rst .rustfmt.toml \
		scripts/checkpatch.pl scripts/spelling.txt scripts/const_structs.checkpatch)
}
export GIT_AUTHOR_NAME='A U Thor' GIT_AUTHOR_EMAIL=author@example.org
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

copy_parts "$scratch/tree"
"$SRC/scripts/in-tree" "$scratch/tree" "$scratch/patches"

# The first patch has the entry in MAINTAINERS for all; checkpatch looks for it in each.
cd "$scratch/tree"
status=0
for patch in "$scratch"/patches/*.patch; do
	perl scripts/checkpatch.pl --no-tree --strict --quiet --show-types --ignore FILE_PATH_CHANGES "$patch" || status=1
done
find rust/kernel/assign* drivers/pci/vga-stub -name '*.rs' -print0 |
	xargs -0 rustfmt --edition 2021 --config-path .rustfmt.toml --check || status=1

# The cover letter counts them.
last=$(basename "$(find "$scratch/patches" -name '*.patch' | sort | tail -n 1)" | sed 's/^0*\([0-9]*\)-.*/\1/')
tr '\n' ' ' <"$SRC/Documentation/cover-letter.rst" |
	grep -q "Patches 2 to $((last - 2)) add abstractions.* Patch $((last - 1)) is the driver.* Patch $last is the documentation" ||
	{ echo "cover-letter.rst counts another number of patches than $last"; status=1; }

# What cannot be done is said, and nothing is half done.
refused()
{
	if "$SRC/scripts/in-tree" "$2" "$3" >"$scratch/said" 2>&1; then
		echo "$1: was done"
		status=1
	elif ! grep -qF -- "$4" "$scratch/said"; then
		echo "$1: said"
		cat "$scratch/said"
		status=1
	fi
}
refused "a second time" "$scratch/tree" "$scratch/again" "has rust/kernel/assign.rs already"
refused "no tree" "$scratch/patches" "$scratch/again" "name the source tree of a kernel with Rust"
copy_parts "$scratch/fresh"
refused "patches there" "$scratch/fresh" "$scratch/patches" "is not empty"
sed -i '/^VGA_SWITCHEROO$/d' "$scratch/fresh/MAINTAINERS"
refused "another MAINTAINERS" "$scratch/fresh" "$scratch/again" "MAINTAINERS: 0 places match"
[ ! -e "$scratch/fresh/drivers/pci/vga-stub" ] || { echo "half done"; status=1; }
[ ! -e "$scratch/again" ] || { echo "patches of a series that was refused"; status=1; }
exit $status
