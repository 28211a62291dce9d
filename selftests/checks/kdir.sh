# SPDX-License-Identifier: GPL-2.0
# A kernel tree that cannot do is refused before the build, with what is missing.
# for: kernel
set -euo pipefail

# Others run beside this one.
said=$(mktemp)

status=0

# refused NAME TEXT...: make fails and its output has each TEXT
refused()
{
	local name=$1 text
	shift

	if make -C /src KDIR="$tree" BUILD="$(mktemp -d)" "${with[@]}" >"$said" 2>&1; then
		echo "$name: was built"
		status=1
		return
	fi
	for text; do
		if ! grep -qF -- "$text" "$said"; then
			echo "$name: no \"$text\" in:"
			cat "$said"
			status=1
		fi
	done
	if grep -qE '^  (RUSTC|BINDGEN) ' "$said"; then
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
refused "no metadata" rmeta rust-tree linux-source

new_tree
sed -i 's/^CONFIG_RUSTC_VERSION_TEXT=.*/CONFIG_RUSTC_VERSION_TEXT="rustc 1.99.9 (of another time)"/' "$tree/.config"
refused "another rustc" "rustc 1.99.9 (of another time)" "$(rustc --version)"

new_tree
with=(BINDGEN=/nowhere/bindgen)
refused "no bindgen" /nowhere/bindgen

# Another bindgen is named, and then the build goes on.
new_tree
sed -i 's/^CONFIG_BINDGEN_VERSION_TEXT=.*/CONFIG_BINDGEN_VERSION_TEXT="bindgen 9.9.9"/' "$tree/.config"
if ! /src/scripts/check-kdir "$tree" 2>"$said" || ! grep -qF "bindgen 9.9.9" "$said" ||
	! grep -qF "$(bindgen --version)" "$said"; then
	echo "another bindgen: not named, or refused:"
	cat "$said"
	status=1
fi
new_tree
if ! /src/scripts/check-kdir "$tree" >"$said" 2>&1 || [ -s "$said" ]; then
	echo "a good tree: refused, or something was said:"
	cat "$said"
	status=1
fi

# The compiler of that version, where apt has it.
new_tree
sed -i 's/^CONFIG_RUSTC_VERSION_TEXT=.*/CONFIG_RUSTC_VERSION_TEXT="rustc 1.99.9 (of another time)"/' "$tree/.config"
mkdir "$tree/bin"
printf '#!/bin/sh\necho " rustc | 1.99.90+dfsg-1 | x"\necho " rustc | 1.99.9+dfsg-2 | x"\n' >"$tree/bin/apt-cache"
chmod +x "$tree/bin/apt-cache"
with=(PATH="$tree/bin:$PATH")
refused "another rustc, which apt has" "apt install --allow-downgrades rustc=1.99.9+dfsg-2"

new_tree
with=(RUSTC=/nowhere/rustc)
refused "no rustc" /nowhere/rustc

exit $status
