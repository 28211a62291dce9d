# SPDX-License-Identifier: GPL-2.0
# The module has not grown by more than 1 % over what selftests/sizes.toml records.
# for: kernel
set -euo pipefail

sizes=${SIZES:-/src/selftests/sizes.toml}
# 7.3 of 7.3.4, and all that follows the version: other configurations, other compilers.
series=$(sed -E 's/^([0-9]+\.[0-9]+)[.0-9]*/\1/' <<<"$ABI")

now=$(size "$OUT/vga_stub.ko" | awk 'NR == 2 { print $4 }')
recorded=$(awk -v name="\"$series\"" '$1 == name { print $3 }' "$sizes")

if [ -n "${RECORD:-}" ]; then
	# One kernel after the other, as checks run side by side.
	exec 9<"$(dirname "$sizes")"
	flock 9
	sed -i "/^\"$series\" /d" "$sizes"
	echo "\"$series\" = $now" >>"$sizes"
	echo "$series: $now bytes, recorded (before: ${recorded:-nothing})"
elif [ -z "$recorded" ]; then
	echo "$series: $now bytes; nothing to compare with is recorded: RECORD=1 selftests/run --test size"
	exit 4
elif [ $((now * 100)) -gt $((recorded * 101)) ]; then
	echo "$series: $now bytes, which is more than 1 % over the $recorded of sizes.toml."
	echo "Make it smaller, or, where that is worth it: RECORD=1 selftests/run --test size"
	exit 1
else
	echo "$series: $now bytes, sizes.toml has $recorded"
fi
