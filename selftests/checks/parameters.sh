# SPDX-License-Identifier: GPL-2.0
# The module's parameters, as modinfo tells them, are in the guide, and those of the guide are the module's.
# for: kernel
. "$(dirname "$0")/common"

has=$(modinfo -p "$OUT/vga_stub.ko" | sed 's/:.*//' | LC_ALL=C sort)
# shellcheck disable=SC2016  # reStructuredText's quotes
told=$(sed -n 's/^``\([a-z0-9_]*\)\(=\|\)``  .*/\1/p' "$SRC/Documentation/admin-guide.rst" | LC_ALL=C sort)
[ -n "$has" ]
diff <(echo "$has") <(echo "$told")
