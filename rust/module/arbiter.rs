// SPDX-License-Identifier: GPL-2.0

//! What the VGA arbiter is told of held cards.
//!
//! A held card is never locked in the arbiter: `vga_get()` on it would clear COMMAND of a host's
//! card on the same bus, and `vga_put()` does not put that back.

use crate::{
    abstractions::{
        bus,
        pci::DeviceExt as _,
        vgaarb::SilentClient, //
    },
    driver::HANDLE, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*, //
};
use vga_stub_core::decode;

/// As long as this lives, the arbiter counts a card as decoding nothing.
pub(crate) struct Silence(#[allow(dead_code)] SilentClient);

impl Silence {
    /// Silences a card.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the arbiter does not know the card.
    pub(crate) fn keep(pdev: &pci::Device<Core<'_>>) -> Result<Self> {
        SilentClient::register(pdev).map(Self)
    }
}

/// Returns whether no other display card is left for the host.
pub(crate) fn is_last_display(pdev: &pci::Device) -> bool {
    let mut others = 0_usize;

    bus::for_each_device(|other| {
        if decode::is_display_class(other.class())
            && other.raw() != pdev.raw()
            && !HANDLE.drives(other)
        {
            others = others.saturating_add(1);
        }
    });
    others == 0
}
