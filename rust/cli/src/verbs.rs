// SPDX-License-Identifier: GPL-2.0

//! The verbs, a file for each.

pub(crate) mod completion;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod handoff;
mod hints;
pub(crate) mod hold;
pub(crate) mod lend;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod qemu;
pub(crate) mod reclaim;
pub(crate) mod report;
pub(crate) mod setup;
pub(crate) mod trial;
pub(crate) mod undo;
pub(crate) mod xml;
