// SPDX-License-Identifier: GPL-2.0

//! What is asked of each list of entries, whatever their grammar.

use vga_stub_core::ids::BadEntry;

/// Counts the entries of a list as they come.
pub struct Entries {
    length: usize,
    dividers: usize,
    seen: usize,
    before: usize,
}

impl Entries {
    /// Creates the count of the entries of a text.
    pub fn new(text: &[u8]) -> Self {
        let divides = |byte: &&u8| **byte == b',' || byte.is_ascii_whitespace();
        Self {
            length: text.len(),
            dividers: text.iter().filter(divides).count(),
            seen: 0,
            before: 0,
        }
    }

    /// Counts an entry. There is one more than there are dividers, at most.
    pub fn count(&mut self) {
        self.seen += 1;
        assert!(self.seen <= self.dividers + 1);
    }

    /// Looks at an entry that is bad: it is named where it is, behind the one before, in one
    /// printable line.
    pub fn look_at(&mut self, bad: &BadEntry<'_>) {
        assert!(bad.position > self.before && bad.position <= self.dividers + 1);
        self.before = bad.position;
        assert!(bad.offset <= self.length);
        assert!(!bad.text.is_empty());
        let line = bad.to_string();
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        assert!(line.len() < 512);
    }
}
