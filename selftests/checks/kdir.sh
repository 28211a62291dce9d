# SPDX-License-Identifier: GPL-2.0
# A kernel tree that cannot do is refused before the build, with what is missing.
# for: kernel
set -euo pipefail

status=0

# refused NAME TEXT...: make fails and its output has each TEXT
refused()
{
	local name=$1 text
	shift

	if make -C /src KDIR="$tree" BUILD="$(mktemp -d)" "${with[@]}" >/tmp/out 2>&1; then
		echo "$name: was built"
		status=1
		return
	fi
	for text; do
		if ! grep -qF -- "$text" /tmp/out; then
			echo "$name: no \"$text\" in:"
			cat /tmp/out
			status=1
		fi
	done
	if grep -qE '^  (RUSTC|BINDGEN) ' /tmp/out; then
		echo "$name: the build was started"
		status=1
	fi
}

# A tree with the parts of the true one that tell what it is.
new_tree()
{
	tree=$(mktemp -d)
	with=()
	cp "$KDIR/Makefile" "$KDIR/.config" "$tree"
	mkdir "$tree/rust"
	touch "$tree/rust/"lib{core,kernel,bindings,pin_init}.rmeta
}

new_tree
tree=/nowhere
refused "no tree" /nowhere

new_tree
sed -i '/^CONFIG_RUST=/d' "$tree/.config"
refused "no Rust in the kernel" CONFIG_RUST

new_tree
rm "$tree"/rust/*
refused "no metadata" rmeta modules_prepare

new_tree
sed -i 's/^CONFIG_RUSTC_VERSION_TEXT=.*/CONFIG_RUSTC_VERSION_TEXT="rustc 1.99.9 (of another time)"/' "$tree/.config"
refused "another rustc" "rustc 1.99.9 (of another time)" "$(rustc --version)"

new_tree
with=(BINDGEN=/nowhere/bindgen)
refused "no bindgen" /nowhere/bindgen

new_tree
with=(RUSTC=/nowhere/rustc)
refused "no rustc" /nowhere/rustc

exit $status
