// SPDX-License-Identifier: GPL-2.0

//! The pure part of vga-stub: what is decided, apart from how it is carried out.
//!
//! Nothing here touches hardware or the kernel. Everything is a function over plain values, so that
//! the very same files are built into the module by Kbuild, and on any host by cargo, where they
//! are tested and fuzzed.
//!
//! - [`ids`]: the grammar of the `ids=` parameter, and whether a device matches an entry.
//!   [`ids::parse`] gives an iterator of [`ids::Id`], or [`ids::BadEntry`], whose
//!   [`Display`](core::fmt::Display) is one line for the kernel's log.
//! - [`devices`]: the same for `devices=`; [`devices::Place::fit`] says whether a device is meant.
//! - [`capture`]: the grammar of the `rom=` parameter, and whose ROMs are read.
//! - [`rom`]: the chain of images in a PCI option ROM. [`rom::extent`] says how far to read,
//!   [`rom::status`] gives the word for `rom_status`, [`rom::fits`] whether a ROM is a card's own
//!   and [`rom::images`] every image with all its fields. [`rom::linux`], [`rom::edk2`] and
//!   [`rom::seabios`] say who makes what of it, [`rom::Worth`] which of two captures is the better
//!   one, [`rom::dump`] where the ROM is in a file from elsewhere.
//! - [`vfct`]: the ACPI table in which AMD's firmware keeps ROMs; [`vfct::find`] gives the card's.
//! - [`decode`]: which cards are claimed ([`decode::claimable`]), what their COMMAND register is to
//!   be ([`decode::quiet`], [`decode::released`], [`decode::derive`]), which decode bits may be
//!   switched on at all ([`decode::may_decode`]), and which card inherits the legacy VGA ranges
//!   ([`decode::better`]).
//! - [`legacy`]: who has the legacy VGA ranges while a guest has a card, and where each choice is
//!   sound ([`legacy::refusal`]).
//! - [`group`]: what was written to `handoff` and `reclaim` ([`group::Request`]), which functions
//!   move together and in which order ([`group::next`]), who is in the way and why
//!   ([`group::Direction::refusal`], [`group::Refusal`]), and what is moved back when one fails
//!   ([`group::back`]).
//!
//! # Rules
//!
//! No `unsafe`, no allocation, no recursion, no panic: what comes from outside is read by `get()`,
//! sizes are added by `checked_add()`, and every loop has an end that does not depend on the
//! data alone. `enumerate()` and `position()` are avoided: their overflow checks would link in the
//! panic code. Functions that only the host's tool needs
//! are `#[inline]`, so that the module does not carry them.

// Kbuild passes `-Zcrate-attr=no_std` by itself.
#![cfg_attr(not(CONFIG_RUST), no_std)]
#![forbid(unsafe_code)]
// Nothing here may panic, or be undocumented.
#![warn(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::panic,
    clippy::unwrap_used
)]

mod bytes;
pub mod capture;
pub mod decode;
pub mod devices;
mod entry;
pub mod group;
pub mod ids;
pub mod legacy;
pub mod rom;
pub mod vfct;
