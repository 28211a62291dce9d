// SPDX-License-Identifier: GPL-2.0

//! What the VGA arbiter is told of held cards, and who gets the legacy ranges in their stead.
//!
//! A held card is never locked in the arbiter: `vga_get()` on it would clear COMMAND of a host's
//! card on the same bus, and `vga_put()` does not put that back.

use crate::{
    abstractions::{
        bus,
        device::Locked,
        pci::DeviceExt as _,
        vgaarb::{
            self,
            NoDecodeClient, //
        },
        workqueue::OwnedQueue, //
    },
    holder,
    ours, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*,
    sync::aref::ARef,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use vga_stub_core::decode;

/// How long to wait for a program that has locked the legacy ranges, in milliseconds.
const PATIENCE: i64 = 1000;

/// How often to look at cards of which one is being bound or unbound.
const LOOKS: u32 = 100;

/// How long to wait between two looks, in milliseconds.
const LOOK_PAUSE: i64 = 10;

static_mutex! {
    /// Where the arbiter is asked, while the module is up: the asking may wait. Held shortly, and
    /// last.
    mod queue: Option<OwnedQueue> = None;
}

/// Asks the arbiter on our behalf; dropping it ends that.
pub(crate) struct Arbiter(());

impl Arbiter {
    /// Makes the queue on which the arbiter is asked.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        let arbiter = OwnedQueue::new(c"vga_stub_arbiter")?;

        queue::init();
        *queue::lock()? = Some(arbiter);
        Ok(Self(()))
    }
}

impl Drop for Arbiter {
    fn drop(&mut self) {
        // Waits for what is queued, without the lock.
        let arbiter = queue::lock().map(|mut queue| queue.take());

        drop(arbiter);
    }
}

/// As long as this lives, the arbiter counts a card as decoding nothing.
pub(crate) struct Client {
    _client: NoDecodeClient,
}

impl Client {
    /// Tells the arbiter of a card that is about to be held.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the arbiter does not know the card.
    pub(crate) fn new(pdev: &pci::Device<Core<'_>>) -> Result<Self> {
        Ok(Self {
            _client: NoDecodeClient::register(pdev)?,
        })
    }
}

/// Returns whether a card answers in the legacy ranges. Of a card that is about to be held, ask right
/// before it is made quiet: the ranges may move at any time.
pub(crate) fn owns_legacy(pdev: &pci::Device) -> bool {
    decode::is_vga_class(pdev.class())
        && pdev.peek_command() & decode::COMMAND_DECODE != 0
        && pdev.is_vga_routed()
}

/// Who has a card.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The host: one of its drivers, or none.
    Host,
    /// A driver that holds cards for guests, ours included.
    Holder,
    /// Not to be told: it is being bound or unbound, as a rule.
    Unclear,
}

/// Finds out who has a card. The answer may be old when it arrives.
fn owner(pdev: &pci::Device) -> Owner {
    if ours::has(pdev) {
        return Owner::Holder;
    }
    match Locked::try_new(pdev).map(|locked| locked.driver()) {
        Some(Ok(None)) => Owner::Host,
        Some(Ok(Some(driver))) if holder::is_holder(&driver) => Owner::Holder,
        Some(Ok(Some(_))) => Owner::Host,
        Some(Err(_)) | None => Owner::Unclear,
    }
}

/// What a look at all cards says about the legacy ranges.
struct View {
    /// The card of the host that is to have them.
    heir: Option<ARef<pci::Device>>,
    /// Whether a card of the host has them already: taking them from it could switch it off.
    owned: bool,
    /// Whether it is not clear who has one of the cards.
    unclear: bool,
}

fn look() -> View {
    let mut owned = false;
    let mut unclear = false;
    let mut best = None;

    bus::for_each_device(|pdev| {
        if !decode::is_vga_class(pdev.class()) {
            return;
        }

        let owner = owner(pdev);

        unclear |= owner == Owner::Unclear;
        owned |= owner == Owner::Host && owns_legacy(pdev);
        best = decode::better(
            best.take(),
            decode::Card {
                key: ARef::from(pdev),
                class: pdev.class(),
                default: vgaarb::is_default(pdev),
                held: owner != Owner::Host,
                command: pdev.peek_command(),
            },
        );
    });
    View {
        heir: best.map(|card| card.key),
        owned,
        unclear,
    }
}

/// Has the legacy ranges given to the card of the host that is to have them, if there is one. To be
/// called when the card that had them has been made quiet, so that nobody answers in them.
///
/// Does not wait. Without memory for it, the ranges move when somebody asks for them.
pub(crate) fn pass_on() {
    if let Ok(queue) = queue::lock() {
        if let Some(queue) = queue.as_ref() {
            let _ = queue.try_spawn(GFP_KERNEL, hand_over);
        }
    }
}

/// Does what [`pass_on`] says. Asking the arbiter may wait: this is for the work queue, without any
/// lock.
fn hand_over() {
    for looks in (0..LOOKS).rev() {
        let view = look();

        if view.owned {
            return;
        }
        // Who is bound or unbound now may be the heir, or no more.
        if view.unclear && looks != 0 {
            fsleep(Delta::from_millis(LOOK_PAUSE));
            continue;
        }

        let Some(heir) = view.heir else {
            return;
        };

        if let Err(error) = vgaarb::move_legacy(&heir, c"vga_stub_legacy", PATIENCE) {
            dev_warn!(
                heir,
                "vga-stub: gets the legacy VGA ranges when it asks, not now: error {}\n",
                error.to_errno()
            );
            return;
        }
        // Meanwhile somebody may have claimed it, and not seen that it was to have them.
        if owner(&heir) != Owner::Holder {
            dev_info!(heir, "vga-stub: gets the legacy VGA ranges\n");
            return;
        }
    }
}

/// Returns whether no other display card is left for the host.
pub(crate) fn is_last_display(pdev: &pci::Device) -> bool {
    let mut others = 0_usize;

    bus::for_each_device(|other| {
        if decode::is_display_class(other.class())
            && !other.is(pdev)
            && owner(other) != Owner::Holder
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
