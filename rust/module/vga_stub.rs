// SPDX-License-Identifier: GPL-2.0

//! Holds graphics cards for virtual machines.
//!
//! Data flows one way: parameters, selection, claim, hold, hand-off. What to do is decided by
//! `vga_stub_core`, from plain values; here it is done.

#[macro_use]
mod abstractions;

mod arbiter;
mod bars;
mod card;
mod driver;
mod events;
mod files;
mod gate;
mod handoff;
mod hold;
mod holder;
mod legacy;
mod module;
mod ours;
mod parameters;
mod place;
mod refusal;
mod registry;
mod rom;
mod selection;
mod target;

kernel::prelude::module! {
    type: module::VgaStub,
    name: "vga_stub",
    authors: ["The vga-stub developers"],
    description: "Holds graphics cards for virtual machines",
    license: "GPL",
}

module_info!("vga_stub", concat!("version=", env!("VGA_STUB_VERSION")));
