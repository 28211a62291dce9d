# SPDX-License-Identifier: GPL-2.0
# rust/cli: its tests, and in the lab its verdict on every ROM that Debian's QEMU comes with.
# for: anywhere
. "$(dirname "$0")/common"

enter_crate cli
check_crate
[ -n "${LAB:-}" ] || exit 0
cargo build

# How many ROMs are how: rom_status, which guests they boot.
verdicts=$(
	for rom in /usr/share/seabios/vgabios*.bin /usr/share/qemu/*.rom; do
		"$CARGO_TARGET_DIR/debug/vga-stub" rom --json "$rom" || [ $? = 1 ]
	done | python3 -c '
import json, sys
text, decoder = sys.stdin.read(), json.JSONDecoder()
while text := text.lstrip():
    report, end = decoder.raw_decode(text)
    boots = [name for name, guest in report["verdict"].items() if guest["boots"]]
    print(report["status"], *boots)
    text = text[end:]' | sort | uniq -c | sed 's/^ *//'
)
echo "$verdicts"
[ "$verdicts" = "1 bad-signature
3 no-pcir
15 ok bios_guest
8 ok bios_guest ovmf_guest" ]
