# SPDX-License-Identifier: GPL-2.0
# The tables that guest tests assert are those of the documents.
set -euo pipefail

missing=0
while IFS= read -r line; do
	grep -qxF "    $line" /src/Documentation/legacy-vga.rst || {
		echo "Documentation/legacy-vga.rst does not have: $line"
		missing=1
	}
done < <(sed -n "/<<'TABLE'/,/^TABLE/{/TABLE/!p}" /src/selftests/tests/legacy_table.sh)
exit $missing
