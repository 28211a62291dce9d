# SPDX-License-Identifier: GPL-2.0
# The tables that guest tests assert are those of the documents.
set -euo pipefail

missing=0
for test in legacy_table xorg; do
	while IFS= read -r line; do
		grep -qxF "    $line" /src/Documentation/legacy-vga.rst || {
			echo "Documentation/legacy-vga.rst does not have what $test has: $line"
			missing=1
		}
	done < <(sed -n "/<<'TABLE'/,/^TABLE/{/TABLE/!p}" "/src/selftests/tests/$test.sh")
done
exit $missing
