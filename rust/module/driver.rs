// SPDX-License-Identifier: GPL-2.0

//! The PCI driver `vga-stub`: claims a function when it is bound, and gives it away as it was found
//! when it is unbound.

use crate::{
    abstractions::{
        aperture,
        bus,
        pci::{
            CoreExt as _,
            DeviceExt as _,
            PowerState, //
        },
        pci_driver::{
            Channel,
            Driver,
            Handle,
            Recovery, //
        },
        runtime_pm::Idle, //
    },
    arbiter,
    card::Card,
    hold,
    legacy,
    ours::{
        HANDLE,
        NAME, //
    },
    parameters,
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
    Refusal,
    COMMAND_DECODE, //
};

/// The driver.
pub(crate) struct VgaStubDriver;

/// A function that is held.
pub(crate) struct Held {
    card: Arc<Card>,
    /// For cards that have legacy ranges.
    _client: Option<arbiter::Client>,
    /// Lets it sleep, unless the user wants it in D0.
    _idle: Option<Idle>,
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

        // A driver may have left it asleep behind the PM core's back.
        pdev.set_power_state(PowerState::D0);
        if !pdev.answers() {
            dev_err!(pdev, "not claimed: it does not answer [dead]\n");
            return Err(ENODEV);
        }

        let client = match kind {
            Kind::Vga => Some(arbiter::Client::new(pdev)?),
            Kind::Display | Kind::Companion => None,
        };
        let room = KBox::new_uninit(GFP_KERNEL)?;

        // After what can fail, as far as it can be, for the screen does not come back. Before the
        // ROM is read, since a card may decode nothing else meanwhile (PCI Local Bus Specification
        // 3.0, section 6.2.5.2); and while it decodes memory, since the framebuffer's owner may
        // write there.
        if kind != Kind::Companion {
            aperture::evict(pdev, NAME)?;
        }

        let known = registry::find(pdev);
        let card = match &known {
            Some(card) => card.clone(),
            None => {
                let shared = kind == Kind::Vga && is_shared(pdev);

                registry::add(legacy::prepare(Card::new(pdev, kind, shared)))?
            }
        };

        // A VGA card that comes back from a guest may have been left with the ranges.
        let returned = kind == Kind::Vga && known.is_some();
        let owned_legacy = arbiter::owns_legacy(pdev) || returned && pdev.is_vga_routed();

        hold::quiet(pdev);
        if owned_legacy {
            arbiter::pass_on();
        }

        let idle = (!parameters::DISABLE_IDLE_D3.get()).then(|| Idle::allow(pdev));
        let held = KBox::write(
            room,
            Held {
                card,
                _client: client,
                _idle: idle,
            },
        );

        dev_info!(pdev, "held\n");
        if known.is_none() {
            report(pdev, &held.card);
        }
        Ok(held)
    }

    /// Gives a function away. The arbiter hears of it last, when `held` is dropped.
    #[inline]
    fn remove(pdev: &pci::Device<Core<'_>>, held: Self::Data) {
        let card = &held.card;
        let moved = card.kind == Kind::Vga && !card.shared && !is_alone(pdev, arbiter::owns_legacy);

        hold::release(pdev, card, moved);
    }

    #[inline]
    fn shutdown(pdev: &pci::Device<Core<'_>>, held: &Held) {
        // The next kernel, started by kexec, is to find the card as this one did. It has an arbiter
        // of its own.
        hold::release(pdev, &held.card, false);
    }

    #[inline]
    fn resume(pdev: &pci::Device<Core<'_>>) {
        hold::quiet(pdev);
    }

    #[inline]
    fn runtime_suspend(pdev: &pci::Device<Core<'_>>) -> Result {
        hold::sleep(pdev)
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
    fn slot_reset(pdev: &pci::Device<Core<'_>>) -> Recovery {
        if hold::restore(pdev) {
            Recovery::Recovered
        } else {
            Recovery::Disconnect
        }
    }
}

/// Returns whether other cards on a card's bus answer in the legacy ranges, now or before they were
/// held: no bridge tells them apart.
fn is_shared(pdev: &pci::Device) -> bool {
    !is_alone(pdev, |other| match registry::find(other) {
        Some(card) => card.found & COMMAND_DECODE != 0,
        None => arbiter::owns_legacy(other),
    })
}

/// Returns whether none of the other VGA cards on a card's bus does what is asked.
fn is_alone(pdev: &pci::Device, does: impl Fn(&pci::Device) -> bool) -> bool {
    let mut alone = true;

    bus::for_each_device(|other| {
        alone &= !(other.same_bus(pdev)
            && !other.is(pdev)
            && decode::is_vga_class(other.class())
            && does(other));
    });
    alone
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
            "this is the only display card: the host has no screen while it is held \
             [only-display]\n"
        );
    }
}
