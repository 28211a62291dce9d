# SPDX-License-Identifier: GPL-2.0
# clippy finds nothing in the module.
# for: kernel
OUT=$OUT-clippy exec bash /src/selftests/checks/build.sh CLIPPY=1
