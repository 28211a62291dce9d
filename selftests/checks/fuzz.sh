# SPDX-License-Identifier: GPL-2.0
# Every fuzz target of rust/core, for a short while: FUZZ_SECONDS each, 8 by default. By
# hand and for longer: cargo fuzz run, in rust/core.
set -euo pipefail

# shellcheck disable=SC2153  # it is not this one
work=$WORK/fuzz
copy=$work/source
rm -rf "$copy"
mkdir -p "$copy"
tar -C /src/rust/core --exclude=./target --exclude=./fuzz/target --exclude=./fuzz/corpus \
	--exclude=./fuzz/artifacts --exclude=Cargo.lock -c . | tar -C "$copy" -x
cat >>"$copy/fuzz/Cargo.toml" <<END

[patch.crates-io]
libfuzzer-sys = { path = "/src/selftests/fuzz/libfuzzer-sys" }
END
# The tests' dependencies are not needed.
sed -i '/^\[dev-dependencies\]/,/^$/d' "$copy/Cargo.toml"
cd "$copy/fuzz"

# What cargo fuzz passes: coverage for libFuzzer, and a check of every sum.
fuzzer=$(find /usr/lib/llvm-*/ -name libclang_rt.fuzzer-x86_64.a | head -n 1)
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters
	-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
	-Ccodegen-units=1 -Clink-arg=$fuzzer -Clink-arg=-lstdc++ -Clink-arg=-lm -Clink-arg=-lc"
target=x86_64-unknown-linux-gnu
RUSTFLAGS=$(echo "$flags" | tr -s '[:space:]' ' ') CARGO_TARGET_DIR=$work/target \
	cargo build --quiet --offline --release --target $target

# Seeds: real ROMs, and what people write.
seeds=$work/seeds
rm -rf "$seeds"
mkdir -p "$seeds"/{rom,vfct,ids,devices}
for rom in /usr/share/seabios/vgabios-*.bin; do
	# The card's IDs come first.
	printf '\x34\x12\x11\x11' | cat - "$rom" >"$seeds/rom/$(basename "$rom")"
done
# The card: 1002:1638 at 04:00.0. The table has an image of three bytes for it, at bus 9.
{
	printf '\002\020\070\026\004\000VFCT\153\000\000\000'
	head -c 44 /dev/zero
	printf '\114'
	head -c 23 /dev/zero
	printf '\011\000\000\000\000\000\000\000\000\000\000\000'
	printf '\002\020\070\026\252\027\141\072\000\000\000\000\003\000\000\000one'
} >"$seeds/vfct/1"
printf '10de:1b80,0x10de:10f0:1043:85aa:030000:ffffff' >"$seeds/ids/1"
printf '0000:01:00.0=10de:1b80,00:1c.0/00.*\n\001\000\000\340' >"$seeds/devices/1"

for name in rom vfct ids devices; do
	log=$work/$name.log
	longest=400
	[ $name != rom ] || longest=70000
	"$work/target/$target/release/$name" -max_total_time="${FUZZ_SECONDS:-8}" \
		-max_len="$longest" -timeout=5 \
		-dict="$copy/fuzz/$name.dict" -artifact_prefix="$work/$name-" \
		"$seeds/$name" >"$log" 2>&1 ||
		{ tail -n 30 "$log"; exit 1; }
	grep -E '^Done [0-9]+ runs' "$log"
	# Coverage that does not grow from the seeds' would be a fuzzer that fuzzes nothing.
	[ "$(grep -c '[[:space:]]NEW ' "$log")" -ge 10 ]
done
