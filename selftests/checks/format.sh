# SPDX-License-Identifier: GPL-2.0
# The module's sources are formatted as rustfmt does. (core.sh and cli.sh see to theirs.)
# for: anywhere
. "$(dirname "$0")/common"

need rustfmt || { echo "rustfmt is not installed"; exit 4; }
find "$SRC/rust/module" -name '*.rs' ! -name '*_generated.rs' -print0 |
	xargs -0 rustfmt --edition 2021 --config-path "$SRC/.rustfmt.toml" --check
