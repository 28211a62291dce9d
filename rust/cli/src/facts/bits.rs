// SPDX-License-Identifier: GPL-2.0

//! Small things that several facts are read by.

/// Reads a hexadecimal number, with or without `0x`.
pub(crate) fn hex(text: &str) -> Option<u64> {
    let digits = text.trim();
    let digits = digits.strip_prefix("0x").unwrap_or(digits);
    // from_str_radix() takes a sign.
    u64::from_str_radix(digits, 16)
        .ok()
        .filter(|_| !digits.starts_with('+'))
}

/// Returns whether a module, or a file of one, has this name: `-` and `_` are the same.
pub(crate) fn same_module(one: &str, other: &str) -> bool {
    module_name(one) == module_name(other)
}

/// Returns the name of a module: of `kernel/drivers/vfio/vfio-pci.ko.xz`, `vfio_pci`.
pub(crate) fn module_name(path: &str) -> String {
    let file = path.rsplit('/').next().unwrap_or(path);
    let stem = file.split(".ko").next().unwrap_or(file);
    stem.replace('-', "_")
}

/// Returns whether a text fits a pattern in which `*` is any text, as in modules.alias. Brackets
/// and `?` do not occur in PCI's.
pub(crate) fn fits_pattern(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.find(middle) {
                Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    match last {
        Some(last) => rest.ends_with(last),
        None => rest.is_empty(),
    }
}

/// Returns the lines that are wanted; the others are empty, so that numbers of lines stay.
pub(crate) fn keep_lines(text: &str, wanted: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    for line in text.lines() {
        if wanted(line) {
            out += line;
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    if !out.is_empty() {
        out.push('\n');
    }
    out
}

/// Returns the lines that are wanted, without the others.
pub(crate) fn pick_lines(text: &str, mut wanted: impl FnMut(&str) -> bool) -> String {
    let lines = text.lines().filter(|line| wanted(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The addresses of PCI functions in a path of sysfs, from the root bus down.
pub(super) fn functions_in(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| {
        part.contains('.') && vga_stub_core::devices::Address::parse(part.as_bytes()).is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_of_aliases() {
        let alias = "pci:v000010DEd00002684sv00001043sd000088E2bc03sc00i00";
        assert!(fits_pattern("pci:v000010DEd*sv*sd*bc03sc00i00*", alias));
        assert!(fits_pattern("pci:v000010DEd00002684sv*sd*bc*sc*i*", alias));
        assert!(!fits_pattern("pci:v000010DEd*sv*sd*bc03sc02i00*", alias));
        assert!(!fits_pattern("pci:v00001002d*sv*sd*bc*sc*i*", alias));
        assert!(!fits_pattern("pci:v000010DE", alias));
    }

    #[test]
    fn names_of_modules() {
        assert_eq!(
            module_name("kernel/drivers/vfio/pci/vfio-pci.ko.xz"),
            "vfio_pci"
        );
        assert!(same_module("vfio-pci", "vfio_pci"));
    }

    #[test]
    fn numbers_of_lines_stay() {
        let text = "a\nb\na\nc\n";
        let kept = keep_lines(text, |line| line == "a");
        assert_eq!(kept, "a\n\na\n");
        assert_eq!(keep_lines(&kept, |line| line == "a"), kept);
    }

    #[test]
    fn numbers() {
        assert_eq!(hex("0x10DE"), Some(0x10de));
        assert_eq!(hex("+1"), None);
    }

    #[test]
    fn functions_are_found_in_paths() {
        let path = "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card0";
        assert_eq!(functions_in(path).last(), Some("0000:01:00.0"));
        assert_eq!(
            functions_in("../../devices/platform/simple-framebuffer.0").next(),
            None
        );
    }
}
