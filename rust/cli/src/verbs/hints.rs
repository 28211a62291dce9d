// SPDX-License-Identifier: GPL-2.0

//! What is to be known and typed besides a result.

use std::io::Write;

use crate::{
    assignment::Note,
    text::{
        escape::printable_lines,
        wrap::wrap, //
    }, //
};

/// Says on standard error what is to be known and typed besides the result.
pub(super) fn print(notes: &[Note]) {
    let mut out = String::new();
    for note in notes {
        wrap(&mut out, "", &note.text);
        for command in &note.commands {
            out += &format!("  {command}\n");
        }
    }
    // Nobody is to miss the result for a hint that could not be written.
    let _ = std::io::stderr().write_all(printable_lines(&out).as_bytes());
}
