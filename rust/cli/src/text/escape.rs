// SPDX-License-Identifier: GPL-2.0

//! Text from outside, made fit for a terminal.

use std::borrow::Cow;

/// Returns a text in which nothing is left that a terminal acts upon: control characters, and those
/// that turn the direction of writing, are shown as `\u{..}`.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    let acts = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(acts) {
        return text.into();
    }
    let mut out = String::new();
    for c in text.chars() {
        if acts(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.into()
}

/// The same for a text of several lines.
pub(crate) fn printable_lines(text: &str) -> String {
    let lines: Vec<_> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::{
        printable,
        printable_lines, //
    };

    #[test]
    fn lines_stay_lines() {
        assert_eq!(printable_lines("a\n\u{1b}b\n"), "a\n\\u{1b}b\n");
    }

    #[test]
    fn only_what_a_terminal_acts_upon_is_escaped() {
        assert_eq!(
            printable("Radeon\u{2122} [RX 7900]"),
            "Radeon\u{2122} [RX 7900]"
        );
        assert_eq!(
            printable("a\u{1b}[2Jb\nc\u{202e}"),
            "a\\u{1b}[2Jb\\u{a}c\\u{202e}"
        );
    }
}
