// SPDX-License-Identifier: GPL-2.0

//! Words as a shell takes them: what is shown to be typed works when it is copied.

use super::escape::printable;

/// Returns a word so that a shell takes it for one, and as it is: in a place the `*` is no pattern.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+:@/,=%".contains(c);
    let word = printable(word);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// Returns the arguments that we were called with, to be typed again.
pub(crate) fn arguments() -> String {
    let words = std::env::args_os().skip(1);
    let words: Vec<_> = words.map(|word| quoted(&word.to_string_lossy())).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_word_stays_one() {
        assert_eq!(quoted("pci_0000_01_00_0"), "pci_0000_01_00_0");
        assert_eq!(quoted("--wait=3"), "--wait=3");
        assert_eq!(quoted("00:01.0/00.*"), "'00:01.0/00.*'");
        assert_eq!(quoted("a'b $(c)"), "'a'\\''b $(c)'");
        assert_eq!(quoted(""), "''");
    }
}
