# SPDX-License-Identifier: GPL-2.0
# The lab's choice of kernels: the newest of each series that has Rust, from the first that the
# module is for; what the archive has no more, what is new, and what cannot be prepared.
# shellcheck disable=SC2034,SC2317  # for the functions of scripts/lab, which these take part in
set -euo pipefail

# Its functions, without what it does with its arguments.
sed '/^cmd=/,$d' /src/scripts/lab >/tmp/lab

# shellcheck source=/dev/null
. /tmp/lab
src=/src
lab=$(mktemp -d)
mkdir "$lab/logs"
dir=$lab/suite
mkdir "$dir"
status=0

# In place of a root: an archive, as "abi version rust" lines; of one kernel the preparation fails.
archive=''
broken=''
indexed_kernels()
{
	cut -d ' ' -f 1,2 <<<"$archive" | sort -V
}

has_rust()
{
	grep -qxF "$2 $3 rust" <<<"$archive"
}

kernel_up()
{
	mkdir -p "$2/kernels/$3"
	prepared "$2" "$3" "$4" && return
	if [ "$3" = "$broken" ]; then
		echo "error: cannot find pci_frob" >"$lab/logs/$1-$3.log"
		rm -r "$2/kernels/$3"
		return 1
	fi
	kernel_stamp "$3" "$4" >"$2/kernels/$3/stamp"
}

# expect WHAT LIST SAID: what the list has, and what is said, as it becomes.
expect()
{
	local what=$1 list=$2 said=$3

	renew_list suite "$dir" >/tmp/said 2>&1
	kernels_up suite "$dir" >>/tmp/said 2>&1 || true
	sed -i 's/^\[ *[0-9]*s\] //' /tmp/said
	diff <(echo "$list") "$dir/kernels.list" || { echo "$what: the list"; status=1; }
	diff <(printf '%s' "$said") /tmp/said || { echo "$what: what is said"; status=1; }
}

min=$(minimum)
major=${min%%.*}
first=${min#*.}
# Series from the minimum on: a is the first.
a=$major.$first
b=$major.$((first + 1))
c=$((major + 1)).0

archive="$a.9+deb13-amd64 $a.9-1 rust
$a.10+deb13-amd64 $a.10-1 rust
$major.$((first - 1)).30+deb13-amd64 $major.$((first - 1)).30-1 rust
$b.1+deb13-amd64 $b.1-1 rust
$b.2+deb13-amd64 $b.2-1 none"
expect "the newest of each that has Rust, none before the minimum" \
	"$a.10+deb13-amd64 $a.10-1
$b.1+deb13-amd64 $b.1-1" ""

archive="$b.1+deb13-amd64 $b.1-1 rust
$c.1+deb13-amd64 $c.1-1 rust"
expect "a series that goes stays as prepared, a new one is taken" \
	"$a.10+deb13-amd64 $a.10-1
$b.1+deb13-amd64 $b.1-1
$c.1+deb13-amd64 $c.1-1" \
	"suite: the archive has no kernel of series $a any more; $a.10+deb13-amd64, as it was prepared, stays
"

rm "$dir/kernels/$a.10+deb13-amd64/stamp"
expect "a series that goes and was not prepared is left out" \
	"$b.1+deb13-amd64 $b.1-1
$c.1+deb13-amd64 $c.1-1" \
	"suite: the archive has no kernel of series $a any more; it is left out
"

archive="$b.1+deb13-amd64 $b.1-1 rust
$c.2+deb13-amd64 $c.2-1 rust"
broken=$c.2+deb13-amd64
expect "one that cannot be prepared: its elder stays" \
	"$b.1+deb13-amd64 $b.1-1
$c.1+deb13-amd64 $c.1-1" \
	"suite: $c.1+deb13-amd64 stays in use
"
diff <(echo "$broken error: cannot find pci_frob") "$dir/kernels.failed" ||
	{ echo "kernels.failed"; status=1; }

rm -r "$dir/kernels/$c.1+deb13-amd64"
expect "the other kernels still count" "$b.1+deb13-amd64 $b.1-1" ""

broken=''
expect "when it can, it is there" \
	"$b.1+deb13-amd64 $b.1-1
$c.2+deb13-amd64 $c.2-1" ""
[ ! -e "$dir/kernels.failed" ] || { echo "kernels.failed is still there"; status=1; }

# Those of the true lab.
failed=$(/src/scripts/lab kernels --failed)
[ -z "$failed" ] || { echo "not prepared:"; echo "$failed"; status=1; }
exit $status
