// SPDX-License-Identifier: GPL-2.0

//! Colours. No meaning is in a colour alone.

use anstyle::{
    AnsiColor,
    Style, //
};

/// Something is wrong.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something may go wrong.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default();
/// All is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// A hint.
pub(crate) const HINT: Style = Style::new().dimmed();

/// Returns a text in a style; the printing takes it away where no colour is wanted.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
