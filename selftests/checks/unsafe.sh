# SPDX-License-Identifier: GPL-2.0
# Unsafe code is in the module's abstractions only, and each block is argued.
# for: anywhere
. "$(dirname "$0")/common"
cd "$SRC/rust"

status=0
# Comments, names like "unsafe_op_in_unsafe_fn" and texts are not code.
if grep -rnE --include='*.rs' --exclude-dir=abstractions --exclude-dir=target --exclude-dir=fuzz \
	'\<unsafe([[:space:]]*\{|[[:space:]]+(fn|impl|extern|trait)\>|\()' . |
	grep -v -E '^[^:]*:[0-9]*:[[:space:]]*//' | grep -v bindings_generated; then
	echo "unsafe outside rust/module/abstractions"
	status=1
fi

# shellcheck disable=SC2016
find module/abstractions -name '*.rs' -print0 | xargs -0 awk '
	FNR == 1 { argued = 0 }
	/^[ \t]*\/\/ SAFETY:/ { argued = 1; next }
	/^[ \t]*(\/\/|#\[)/ { next }
	/(^|[^_a-z])unsafe[ \t]*(\{|impl)/ && !/^[ \t]*\/\// {
		if (!argued) {
			print FILENAME ":" FNR ": no SAFETY comment: " $0
			bad = 1
		}
	}
	# The argument holds up to the end of the statement that it precedes.
	/[;{}][ \t]*$/ { argued = 0 }
	END { exit bad }' || status=1
exit $status
