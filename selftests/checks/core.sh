# SPDX-License-Identifier: GPL-2.0
# rust/core: its tests on the host, clippy and formatting.
# for: anywhere
. "$(dirname "$0")/common"

enter_crate core
check_crate
