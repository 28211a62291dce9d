# SPDX-License-Identifier: GPL-2.0
# The fuzz target of rust/cli, for a short while: FUZZ_SECONDS, 8 by default. Whoever wants more
# of it runs "cargo fuzz run report" in rust/cli.
set -euo pipefail

work=${WORK:?}/fuzz-cli
/src/selftests/checks/copy-crates "$work/source"
rm -rf "$work/source/cli/fuzz"
mkdir "$work/source/cli/fuzz"
cp -r /src/rust/cli/fuzz/{Cargo.toml,fuzz_targets,report.dict} "$work/source/cli/fuzz"
cat >>"$work/source/cli/fuzz/Cargo.toml" <<END

[patch.crates-io]
libfuzzer-sys = { path = "/src/selftests/fuzz/libfuzzer-sys" }
END
# The tests' dependencies are not needed.
sed -i '/^\[dev-dependencies\]/,/^$/d' "$work/source"/{core,cli}/Cargo.toml
cd "$work/source/cli/fuzz"

# As in fuzz.sh.
fuzzer=$(find /usr/lib/llvm-*/ -name libclang_rt.fuzzer-x86_64.a | head -n 1)
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters
	-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares
	-Ccodegen-units=1 -Clink-arg=$fuzzer -Clink-arg=-lstdc++ -Clink-arg=-lm -Clink-arg=-lc"
target=x86_64-unknown-linux-gnu
RUSTFLAGS=$(echo "$flags" | tr -s '[:space:]' ' ') CARGO_TARGET_DIR=$work/target \
	CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo build --quiet --offline --release --target $target

# Seeds: machines as they are stored.
seeds=$work/seeds
rm -rf "$seeds"
mkdir "$seeds"
cp /src/rust/cli/tests/trees/{held,broken,fresh}.report "$seeds"
log=$work/report.log
"$work/target/$target/release/report" -max_total_time="${FUZZ_SECONDS:-8}" -max_len=20000 \
	-timeout=5 -dict=report.dict -artifact_prefix="$work/report-" "$seeds" >"$log" 2>&1 ||
	{ tail -n 30 "$log"; exit 1; }
grep -E '^Done [0-9]+ runs' "$log"
# Coverage that does not grow from the seeds' would be a fuzzer that fuzzes nothing.
[ "$(grep -c '[[:space:]]NEW ' "$log")" -ge 10 ]
