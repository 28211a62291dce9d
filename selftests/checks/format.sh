# SPDX-License-Identifier: GPL-2.0
# The module's sources are formatted as rustfmt does. (core.sh sees to rust/core.)
set -euo pipefail

find /src/rust/module -name '*.rs' ! -name '*_generated.rs' -print0 |
	xargs -0 rustfmt --edition 2021 --check
