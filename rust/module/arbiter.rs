// SPDX-License-Identifier: GPL-2.0

//! What the VGA arbiter is told of held cards, and who gets the legacy ranges in their stead.
//!
//! A held card is never locked in the arbiter: `vga_get()` on it would clear COMMAND of a host's
//! card on the same bus, and `vga_put()` does not put that back.

use crate::{
    abstractions::{
        bus,
        pci::DeviceExt as _,
        vgaarb::{
            self,
            NoDecodeClient, //
        }, //
    },
    ours, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*,
    sync::aref::ARef, //
};
use vga_stub_core::decode;

/// How long to wait for a program that has locked the legacy ranges, in milliseconds.
const PATIENCE: i64 = 1000;

/// As long as this lives, the arbiter counts a card as decoding nothing.
pub(crate) struct Client {
    _client: NoDecodeClient,
    /// Whether the card answered in the legacy ranges when it was claimed.
    owner: bool,
}

impl Client {
    /// Clients a card, whose COMMAND is not changed yet.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the arbiter does not know the card.
    pub(crate) fn new(pdev: &pci::Device<Core<'_>>) -> Result<Self> {
        Ok(Self {
            owner: owns_legacy(pdev),
            _client: NoDecodeClient::register(pdev)?,
        })
    }

    /// Returns whether the card answered in the legacy ranges when it was claimed.
    pub(crate) fn owned_legacy(&self) -> bool {
        self.owner
    }
}

/// Returns whether a card answers in the legacy ranges.
fn owns_legacy(pdev: &pci::Device) -> bool {
    decode::is_vga_class(pdev.class())
        && pdev.peek_command() & decode::COMMAND_DECODE != 0
        && pdev.is_vga_routed()
}

/// Returns the card that the legacy ranges are to go to. None where a card of the host answers in
/// them already: taking them from it could switch it off.
fn find_heir() -> Option<ARef<pci::Device>> {
    let mut owned = false;
    let mut best = None;

    bus::for_each_device(|pdev| {
        if !decode::is_vga_class(pdev.class()) {
            return;
        }

        let held = ours::has(pdev);

        owned |= !held && owns_legacy(pdev);
        best = decode::better(
            best.take(),
            decode::Card {
                key: ARef::from(pdev),
                class: pdev.class(),
                default: vgaarb::is_default(pdev),
                held,
                command: pdev.peek_command(),
            },
        );
    });
    best.filter(|_| !owned).map(|card| card.key)
}

/// Gives the legacy ranges to the card of the host that is to have them, if there is one. To be
/// called when the card that had them has been made quiet, so that nobody answers in them.
///
/// Asking the arbiter may wait: this is for a work queue, without any lock.
pub(crate) fn pass_on() {
    let Some(heir) = find_heir() else {
        return;
    };

    match vgaarb::move_legacy(&heir, PATIENCE) {
        Ok(()) => dev_info!(heir, "vga-stub: gets the legacy VGA ranges\n"),
        Err(error) => dev_warn!(
            heir,
            "vga-stub: gets the legacy VGA ranges when it asks, not now: error {}\n",
            error.to_errno()
        ),
    }
}

/// Returns whether no other display card is left for the host.
pub(crate) fn is_last_display(pdev: &pci::Device) -> bool {
    let mut others = 0_usize;

    bus::for_each_device(|other| {
        if decode::is_display_class(other.class()) && other.raw() != pdev.raw() && !ours::has(other)
        {
            others = others.saturating_add(1);
        }
    });
    others == 0
}

/// Returns whether one of the functions of a function's slot is a display controller.
pub(crate) fn has_display_in_slot(pdev: &pci::Device) -> bool {
    let mut found = false;

    bus::for_each_device(|other| {
        found |= decode::is_display_class(other.class()) && other.same_slot(pdev);
    });
    found
}
