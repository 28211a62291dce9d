# SPDX-License-Identifier: GPL-2.0
# Every source file names its licence.
# for: anywhere
. "$(dirname "$0")/common"
cd "$SRC"

without=$(find rust scripts selftests packaging Kbuild Makefile -type f \
	\( -name '*.rs' -o -name '*.h' -o -name '*.c' -o -name '*.py' -o -name '*.sh' \
	-o -name '*.toml' -o -perm -100 -o -name Kbuild -o -name Makefile \) \
	! -path '*/target/*' ! -path '*/corpus/*' ! -path '*/artifacts/*' ! -name '*_generated.rs' -print0 |
	xargs -0 grep -L 'SPDX-License-Identifier: GPL-2.0' || :)
echo "$without"
[ -z "$without" ]
