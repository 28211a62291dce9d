// SPDX-License-Identifier: GPL-2.0

//! The PCI driver `vga-stub`: claims a function when it is bound, and gives it away as it was found
//! when it is unbound.

use crate::{
    abstractions::{
        aperture,
        pci::{
            BusWalk,
            DeviceExt as _, //
        },
        pci_driver::{
            Channel,
            Driver,
            Handle,
            Recovery, //
        }, //
    },
    arbiter,
    card::Card,
    hold,
    ours::{
        HANDLE,
        NAME, //
    },
    registry, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*,
    sync::Arc, //
};
use vga_stub_core::decode::{
    self,
    Kind,
    Refusal, //
};

/// The driver.
pub(crate) struct VgaStubDriver;

/// A function that is held.
pub(crate) struct Held {
    card: Arc<Card>,
    /// For cards that have legacy ranges.
    _client: Option<arbiter::Client>,
}

impl Driver for VgaStubDriver {
    type Data = KBox<Held>;

    fn handle() -> &'static Handle {
        &HANDLE
    }

    /// Claims a function.
    fn probe(pdev: &pci::Device<Core<'_>>) -> Result<Self::Data> {
        let kind = decode::claimable(
            pdev.class(),
            pdev.header_type(),
            pdev.has_virtual_functions(),
        )
        .map_err(|refusal| {
            dev_err!(pdev, "not claimed: {}\n", refusal.message());
            match refusal {
                Refusal::HeaderType => EINVAL,
                Refusal::VirtualFunctions => EBUSY,
            }
        })?;

        if !pdev.answers() {
            dev_err!(pdev, "not claimed: it does not answer\n");
            return Err(ENODEV);
        }

        // While the card still decodes memory, since the framebuffer's owner may write to it.
        if kind != Kind::Companion {
            aperture::evict(pdev, NAME)?;
        }

        let client = match kind {
            Kind::Vga => Some(arbiter::Client::new(pdev)?),
            Kind::Display | Kind::Companion => None,
        };
        let known = registry::find(pdev);
        let card = match &known {
            Some(card) => card.clone(),
            None => registry::add(Card::new(pdev, kind))?,
        };
        let held = KBox::new(
            Held {
                card,
                _client: client,
            },
            GFP_KERNEL,
        )?;

        let owned_legacy = arbiter::owns_legacy(pdev);

        hold::quiet(pdev);
        if owned_legacy {
            arbiter::pass_on();
        }
        dev_info!(pdev, "held\n");
        if known.is_none() {
            report(pdev, &held.card);
        }
        Ok(held)
    }

    /// Gives a function away. The arbiter hears of it last, when `held` is dropped.
    #[inline]
    fn remove(pdev: &pci::Device<Core<'_>>, held: Self::Data) {
        hold::release(pdev, &held.card);
    }

    #[inline]
    fn shutdown(pdev: &pci::Device<Core<'_>>, held: &Held) {
        // The next kernel, started by kexec, is to find the card as this one did.
        hold::release(pdev, &held.card);
    }

    #[inline]
    fn resume(pdev: &pci::Device<Core<'_>>, _held: &Held) {
        hold::quiet(pdev);
    }

    #[inline]
    fn error_detected(channel: Channel) -> Recovery {
        // A held card has nothing to lose; it must not spoil the recovery of its neighbours.
        match channel {
            Channel::Normal => Recovery::CanRecover,
            Channel::Frozen => Recovery::NeedReset,
            Channel::PermanentFailure => Recovery::Disconnect,
        }
    }

    #[inline]
    fn slot_reset(pdev: &pci::Device<Core<'_>>, _held: &Held, walk: &BusWalk) -> Recovery {
        hold::restore(pdev, walk);
        Recovery::Recovered
    }
}

/// Says of a function that is held for the first time what the user should know.
fn report(pdev: &pci::Device<Core<'_>>, card: &Card) {
    if card.kind == Kind::Companion {
        if !arbiter::has_display_in_slot(pdev) {
            dev_warn!(
                pdev,
                "this is no display device, and its slot has none: is it meant?\n"
            );
        }
        return;
    }
    dev_info!(
        pdev,
        "option ROM: source {}, status {}, {} bytes\n",
        card.rom.source.as_str(),
        card.rom.status.as_str(),
        card.rom.image().map_or(0, <[u8]>::len)
    );
    if arbiter::is_last_display(pdev) {
        dev_warn!(
            pdev,
            "this is the only display card: the host has no screen while it is held\n"
        );
    }
}
