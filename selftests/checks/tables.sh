# SPDX-License-Identifier: GPL-2.0
# The tables that guest tests assert are those of the documents, row by row.
# for: anywhere
. "$(dirname "$0")/common"

tree=$SRC
document=Documentation/legacy-vga.rst

# asserted TEST: the rows that it expects
asserted()
{
	sed -n "/<<'TABLE'/,/^TABLE/{/TABLE/!p}" "$tree/selftests/tests/$1.sh"
}

# documented TEST: the rows of the block after the words that it has made it
documented()
{
	awk -v words="Made by the test \`\`$1\`\`" '
		index($0, words) == 1 { here = 1; next }
		here && /^    / { print substr($0, 5); block = 1; next }
		block { exit }' "$tree/$document"
}

# same TEST: whether both have the same rows, and any
same()
{
	[ -n "$(asserted "$1")" ] || { echo "no table was found in the test $1"; return 1; }
	diff --label "the test $1" --label "$document" -u <(asserted "$1") <(documented "$1")
}

status=0
for test in legacy_table xorg; do
	same "$test" || status=1
done

# It tells of each row that only one of the two has, and of a test without a table.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
mkdir -p "$copy/selftests" "$copy/Documentation"
tree=$copy

# told FILE EXPRESSION: with the file changed by sed, the two tables are not the same
told()
{
	rm -rf "$copy/selftests/tests"
	cp -r "$SRC/selftests/tests" "$copy/selftests"
	cp "$SRC/$document" "$copy/$document"
	sed -i "$2" "$copy/$1"
	if same xorg >"$copy/out"; then
		echo "with $2 in $1 it did not tell"
		status=1
	fi
}

told "$document" '/^    reclaimed .* 0 /d'
told "$document" 's/^    held  .* 0 *0$/&\n&/'
told selftests/tests/xorg.sh '/^reclaimed /d'
told selftests/tests/xorg.sh 's/TABLE/ROWS/'
exit $status
