# SPDX-License-Identifier: GPL-2.0
# packaging/modprobe.d has a softdep line for every module of the kernel that takes a display
# device, and for those that take the other functions of the day's cards: by modules.alias.
# for: kernel
set -euo pipefail

modules=$(dirname "$KDIR")/usr/lib/modules/$ABI
conf=/src/packaging/modprobe.d/vga-stub.conf
[ -e "$modules/modules.alias" ] || depmod -b "$(dirname "$KDIR")/usr" "$ABI" 2>/dev/null

# Functions of the day's cards, as lspci -n shows them, that are no display: the sound of NVIDIA's
# and AMD's, the USB and the I2C controller of each (Turing and Navi 2x).
companions='
	pci:v000010DEd000010F0sv00000000sd00000000bc04sc03i00
	pci:v00001002d0000AB28sv00000000sd00000000bc04sc03i00
	pci:v000010DEd00001AD6sv00000000sd00000000bc0Csc03i30
	pci:v00001002d000073A6sv00000000sd00000000bc0Csc03i30
	pci:v000010DEd00001AD7sv00000000sd00000000bc0Csc80i00
	pci:v00001002d000073A4sv00000000sd00000000bc0Csc80i00
'

aliases=$(sed -n 's/^alias \(pci:[^ ]*\) /\1 /p' "$modules/modules.alias")
wanted=$(
	# By where they are: an alias need not name the class.
	sed -n -E 's#^kernel/drivers/(gpu/drm|video/fbdev)/([^:]*/)?([^/:]*)\.ko[^:]*:.*#\3#p' "$modules/modules.dep" |
		tr - _ | sort -u | while read -r module; do
		grep -q " $module\$" <<<"$aliases" && echo "$module"
	done
	while read -r pattern module; do
		for companion in $companions; do
			# shellcheck disable=SC2254  # it is a pattern
			case $companion in
			$pattern) echo "$module" ;;
			esac
		done
	done < <(grep -E '^pci:v(\*|000010DE|00001002)' <<<"$aliases")
)
has=$(sed -n 's/^softdep \([^ ]*\) pre: vga_stub$/\1/p' "$conf" | tr - _)
missing=$(comm -23 <(sort -u <<<"$wanted") <(sort -u <<<"$has"))
echo "$ABI: $(sort -u <<<"$wanted" | xargs)"
[ -z "$missing" ] || {
	echo "no softdep line in ${conf#/src/} for" "$missing"
	exit 1
}
# With what Debian's kernels are known to have the search finds what it looks for.
for module in amdgpu bochs nouveau snd_hda_intel; do
	grep -qx "$module" <<<"$wanted"
done
