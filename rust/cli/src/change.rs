// SPDX-License-Identifier: GPL-2.0

//! Changes that outlive the command: what `setup` and `undo` do to a machine.
//!
//! - [`options`] is the file in modprobe.d that is ours: its text, and what it says.
//! - [`initramfs`] knows what makes initramfs images.
//! - [`record`] is what was done: `/var/lib/vga-stub/setup.json`.
//! - [`site`] reads and writes files, and runs programs, on the machine or below a directory.
//! - [`apply`] does a [`Change`] so that being killed at any point is mended by the next one.

pub(crate) mod apply;
pub(crate) mod initramfs;
pub(crate) mod options;
pub(crate) mod record;
pub(crate) mod site;

use self::{
    options::Options,
    record::Record, //
};

/// The file in modprobe.d that is ours.
pub(crate) const OPTIONS: &str = "/etc/modprobe.d/vga-stub-cards.conf";
/// What was done.
pub(crate) const RECORD: &str = "/var/lib/vga-stub/setup.json";

/// A program and its arguments.
pub(crate) type Words = Vec<String>;

/// An initramfs image that a program makes anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Where it is.
    pub(crate) path: String,
    /// Whether our file has to be in it afterwards, or must not be; nothing where that is not known.
    pub(crate) holds: Option<bool>,
}

/// A change: what is now, what is to be, and what has to be run for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    /// The options file as it is; nothing where there is none.
    pub(crate) before: Option<String>,
    /// The options file as it is to be.
    pub(crate) after: Option<String>,
    /// The record as it is.
    pub(crate) was: Option<Record>,
    /// The record as it is to be.
    pub(crate) will: Option<Record>,
    /// What is to be run.
    pub(crate) commands: Vec<Words>,
    /// The images that it makes.
    pub(crate) images: Vec<Image>,
    /// The words of the kernel's command line that have to be there afterwards, and those that must
    /// not be, where `rpm-ostree kargs` keeps it.
    pub(crate) words: Option<(Words, Words)>,
}

impl Change {
    /// Returns whether anything is to be done.
    pub(crate) fn is_needed(&self) -> bool {
        self.takes_reboot() || self.was != self.will
    }

    /// Returns whether something happens at the next boot that would not have happened.
    pub(crate) fn takes_reboot(&self) -> bool {
        self.before != self.after || !self.commands.is_empty()
    }
}

/// What stands in the options file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none.
    Absent,
    /// What `setup` has written.
    Ours(Options),
    /// What `setup` has written, and somebody has changed.
    Edited,
    /// Somebody else's.
    Foreign,
}

impl State {
    /// Finds out whose a text is.
    pub(crate) fn of(text: Option<&str>, record: Option<&Record>) -> Self {
        let Some(text) = text else {
            return Self::Absent;
        };
        // What was begun and not finished may have left the file of before.
        let begun = record.is_none_or(|record| record.pending);
        match (record, Options::parse(text)) {
            // Another version may have written it another way.
            (Some(record), _) if record.text.as_deref() == Some(text) => {
                Self::Ours(record.options.clone())
            }
            (_, Some(options)) if begun && options.text() == text => Self::Ours(options),
            _ if text.starts_with(options::HEAD_START) => Self::Edited,
            _ => Self::Foreign,
        }
    }
}
