# SPDX-License-Identifier: GPL-2.0
# Parameters, sysfs files, locks, directories, make targets, header keys and the like are in their documents.
# for: anywhere
. "$(dirname "$0")/common"

documents=$SRC/selftests/checks/documents.py
python3 -B "$documents" "$SRC"

# It misses each that a copy lacks.
copy=$(mktemp -d)
trap 'rm -r "$copy"' EXIT
status=0
tar -C "$SRC" --exclude=./.git --exclude=target -c . | tar -C "$copy" -x

# missed TEXT FILE EXPRESSION: with the file changed by sed, the text is said
missed()
{
	cp "$copy/$2" "$copy/before"
	sed -i "$3" "$copy/$2"
	if cmp -s "$copy/before" "$copy/$2"; then
		echo "$3 changes nothing in $2"
		status=1
	elif python3 -B "$documents" "$copy" >"$copy/out" || ! grep -qxF -- "$1" "$copy/out"; then
		echo "after $3 in $2 it did not say \"$1\", but:"
		cat "$copy/out"
		status=1
	fi
	cp "$copy/before" "$copy/$2"
}

missed "Documentation/ABI/testing/sysfs-class-vga_stub lacks the parameter 'devices'" \
	Documentation/ABI/testing/sysfs-class-vga_stub '/^\t\tdevices\t/d'
missed "Documentation/ABI/testing/sysfs-class-vga_stub lacks the sysfs file 'rom_status'" \
	Documentation/ABI/testing/sysfs-class-vga_stub '/^What:.*rom_status$/d'
missed "Documentation/ABI/testing/sysfs-class-vga_stub lacks the parameter 'another'" \
	rust/module/parameters.rs 's/\."ids",/."another",/'
missed "Makefile lacks the make target 'check'" Makefile "/@echo 'make check /d"
# shellcheck disable=SC2016  # Markdown's quotes
missed "selftests/README.md lacks the header key 'replugs'" selftests/README.md '/^| `# replugs:/d'
# shellcheck disable=SC2016
missed "selftests/README.md lacks the directory 'fuzz/'" selftests/README.md '/^| `fuzz.`/d'
missed "selftests/topologies.toml lacks the key 'hypervisor'" selftests/topologies.toml '/^#   hypervisor /d'
missed "selftests/run lacks the option '--shell'" selftests/run '/^#.*--shell/d'
# shellcheck disable=SC2016
missed "Documentation/hacking.rst lacks the lock 'moves'" Documentation/hacking.rst '/^   \* - ``moves``$/d'
missed "no parameter was found: does documents.py still read the source?" \
	rust/module/parameters.rs 's/static/const/'
exit $status
