# SPDX-License-Identifier: GPL-2.0
# The module builds for a kernel, without a warning. Where it does not, the last lines name the kernel
# and what it lacks.
# for: kernel
set -euo pipefail

log=$(mktemp)
{
	make -C /src KDIR="$KDIR" BUILD="$OUT" "$@" &&
		# What the guest tests need in the kernel.
		mkdir -p "$OUT-modules" &&
		make -C "$KDIR" M=/src/selftests/modules MO="$OUT-modules" modules
} 2>&1 | tee "$log" || {
	# No test is to take what was built before.
	rm -f "$OUT/vga_stub.ko"
	echo "not built for $ABI:"
	grep -E '^error|: error: |undefined!$' "$log" | sort -u
	exit 1
}
if grep -i warning "$log"; then
	# Objects must go, or the next build has nothing left to warn of.
	find "$OUT" -mindepth 1 ! -name vga_stub.ko -delete
	exit 1
fi
