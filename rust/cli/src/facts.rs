// SPDX-License-Identifier: GPL-2.0

//! What is known of a machine.
//!
//! A [`Source`] is where it is read: [`live::Tree`] reads files (the live machine's, or those of a
//! directory), [`record::Record`] is a report. [`Host::read`] reads all that checks and verbs go
//! by into one plain [`Host`]. Each datum of it is a [`Datum`]: known, absent or unreadable.
//!
//! Nothing here writes, loads a module, or wakes a card that is in D3cold.

mod answer;
pub(crate) mod bits;
pub(crate) mod config;
mod datum;
mod displays;
pub(crate) mod guests;
pub(crate) mod host;
mod image;
pub(crate) mod kernels;
mod live;
pub(crate) mod log;
pub(crate) mod pci;
mod processes;
pub(crate) mod record;
pub(crate) mod selection;
mod source;
pub(crate) mod system;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod vital;

use std::{
    io::Read,
    path::Path, //
};

pub(crate) use self::{
    datum::Datum,
    host::Host,
    pci::Function,
    source::{
        Query,
        Source,
        Stat, //
    }, //
};

/// The largest report that is read: many cards' ROMs are in it.
const LARGEST: u64 = 256 << 20;

/// Opens the machine that `--root` names, or the live one.
pub(crate) fn open(root: Option<&Path>) -> Result<Box<dyn Source>, String> {
    let Some(root) = root else {
        return Ok(Box::new(live::Tree::live()));
    };
    let name = root.display();
    if root.is_dir() {
        if !root.join("sys").is_dir() {
            return Err(format!(
                "{name} is no machine: there is no directory sys in it"
            ));
        }
        return Ok(Box::new(live::Tree::directory(root)));
    }
    let cannot = |error| format!("cannot read {name}: {error}");
    let mut text = Vec::new();
    let file = std::fs::File::open(root).map_err(cannot)?;
    file.take(LARGEST + 1)
        .read_to_end(&mut text)
        .map_err(cannot)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err(format!(
            "{name} is no report of vga-stub: it has more than 256 MiB"
        ));
    }
    match record::Record::parse(&text) {
        Ok(record) => Ok(Box::new(record)),
        Err(error) => Err(format!("{name} is no report of vga-stub: {error}")),
    }
}
