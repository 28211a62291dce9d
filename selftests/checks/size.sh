# SPDX-License-Identifier: GPL-2.0
# The module's text, data and bss are under 49 KiB.
# for: kernel
set -euo pipefail

size "$OUT/vga_stub.ko"
total=$(size "$OUT/vga_stub.ko" | awk 'NR == 2 { print $4 }')
[ "$total" -lt $((49 * 1024)) ]
