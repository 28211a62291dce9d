// SPDX-License-Identifier: GPL-2.0

//! Prose in lines.

use super::columns::width;

/// How long lines of prose are at most.
pub(crate) const COLUMNS: usize = 80;

/// Appends a text to `out` in lines of [`COLUMNS`] at most, each behind `indent`. A word that is
/// longer stands on a line of its own. An empty line divides paragraphs.
pub(crate) fn wrap(out: &mut String, indent: &str, text: &str) {
    for (at, paragraph) in text.split("\n\n").enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && width(indent) + width(&line) + 1 + width(word) > COLUMNS {
                *out += &format!("{indent}{line}\n");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line += word;
        }
        if !line.is_empty() {
            *out += &format!("{indent}{line}\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer() {
        let mut out = String::new();
        wrap(&mut out, "    ", &"word ".repeat(100));
        assert!(out
            .lines()
            .all(|line| width(line) <= COLUMNS && line.starts_with("    word")));
        assert_eq!(out.split_whitespace().count(), 100);
    }
}
