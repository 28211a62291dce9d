# SPDX-License-Identifier: GPL-2.0
# What list --metrics prints of each stored machine is read by a parser of Prometheus' format that is not ours.
# for: outside
. "$(dirname "$0")/common"

# Debian, and so the lab, has no such crate.
enter_crate cli
cargo build --quiet
command=$(cargo metadata --no-deps --offline --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/vga-stub
trees=$SRC/rust/cli/tests/trees
enter_crate cli/metrics
cargo build --quiet
parser=$(cargo metadata --no-deps --offline --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/vga-stub-metrics
count=0
for tree in "$trees"/*.report; do
	"$command" --root "$tree" list --metrics | "$parser" >/dev/null
	count=$((count + 1))
done
echo "$count machines"
[ "$count" -ge 20 ]
# It is no parser that takes everything.
if printf 'vga_stub_x{a="b" 1\n' | "$parser" 2>/dev/null; then
	exit 1
fi
