# SPDX-License-Identifier: GPL-2.0
#
# VGA arbitration. A part of lib.sh.
# shellcheck shell=busybox

# The arbiter's line of a card: "decodes=...,owns=...,locks=..."
arbiter()
{
	t_answer=$(vga-lock "target PCI:$1" read)
	case $t_answer in
	*,PCI:"$1",*) echo "${t_answer#*,PCI:"$1",}" ;;
	esac
}

# owns BDF: whether the arbiter has it own the legacy ranges
owns()
{
	case $(arbiter "$1") in
	*,owns=io+mem,*) ;;
	*) return 1 ;;
	esac
}

# How many cards take part in arbitration.
arbiter_count()
{
	vga-lock read | sed -n 's/^count:\([0-9]*\),.*/\1/p'
}

# What the arbiter has a card decode and lock: "decodes=none locks=none(0:0)" if it
# takes no part. A card that owned the legacy ranges still does on the arbiter's books,
# until another that decodes asks for them.
arbiter_part()
{
	t_line=$(arbiter "$1")
	echo "${t_line%%,owns=*} ${t_line##*,}"
}

# All of it, but for who owns the legacy ranges, which moves with each request.
arbiter_lines()
{
	for t_dev in "$PCI"/*; do
		read -r t_class <"$t_dev/class"
		case $t_class in
		0x0300*) echo "arbiter ${t_dev##*/} $(arbiter "${t_dev##*/}" | sed 's/owns=[^,]*,//')" ;;
		esac
	done
	echo "arbiter count $(arbiter_count)"
}
