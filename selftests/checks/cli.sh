# SPDX-License-Identifier: GPL-2.0
# rust/cli: its tests, and in the lab how fast it is, its JSON by the schemas, and its verdict on every
# ROM that Debian's QEMU comes with and on odd ones.
# for: anywhere
. "$(dirname "$0")/common"

# The tests may run in a copy.
export CHECKOUT=$SRC
enter_crate cli
check_crate
[ -n "${LAB:-}" ] || exit 0
cargo bench --bench doctor
cargo build

# What is printed as JSON is as the schemas say.
for tree in tests/trees/*.report; do
	for verb in list doctor undo; do
		"$CARGO_TARGET_DIR/debug/vga-stub" --root "$tree" --json $verb || [ $? = 1 ]
		echo "#$verb $tree"
	done
	# Each of its cards, set up: shown, or refused.
	"$CARGO_TARGET_DIR/debug/vga-stub" --root "$tree" list | sed -n 's/^\([0-9a-f:]*\)\.0 .*/\1/p' |
		while read -r card; do
			"$CARGO_TARGET_DIR/debug/vga-stub" --root "$tree" --json setup "$card" || [ $? = 1 ]
			echo "#setup $tree"
		done
done | python3 -c '
import json, sys
from jsonschema import Draft202012Validator
schemas = {v: json.load(open(f"schema/{v}.schema.json")) for v in ("list", "doctor", "setup")}
schemas["undo"] = schemas["setup"]
text, count = [], 0
for line in sys.stdin:
    if not line.startswith("#"):
        text.append(line)
        continue
    schema = schemas[line[1:].split()[0]]
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads("".join(text)))
    text, count = [], count + 1
print(count, "answers are as the schemas say")
assert count >= 120, count'

# Verbs that change something were run in tests, on a model of the kernel.
answers=$(mktemp -d)
JSON_DIRECTORY=$answers cargo test --quiet json_for_the_schema
python3 -c '
import json, sys
from jsonschema import Draft202012Validator
for verb in "change", "try", "error":
    schema = json.load(open(f"schema/{verb}.schema.json"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.load(open(f"{sys.argv[1]}/{verb}.json")))' "$answers"
rm -r "$answers"

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

# What it says of odd ROMs is what SeaBIOS and OVMF do with them in QEMU.
python3 /src/selftests/harness/boots.py "$CARGO_TARGET_DIR/debug/vga-stub" "$LAB/build/cli-roms"
