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
        workqueue::{
            OwnedQueue,
            Repeated, //
        }, //
    },
    card::Ranges,
    holder,
    ours,
    registry, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use vga_stub_core::{
    decode,
    legacy::Place, //
};

/// How long to wait for a program that has locked the legacy ranges, in milliseconds.
const PATIENCE: i64 = 1000;

/// How often to look at cards of which one is being bound or unbound.
const LOOKS: u32 = 100;

/// How long to wait between two looks, in milliseconds.
const LOOK_PAUSE: i64 = 10;

static_mutex! {
    /// Where the arbiter is asked, while the module is up: the asking may wait. Held shortly, and
    /// last.
    mod queue: Option<Arc<OwnedQueue>> = None;
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
        let arbiter = Arc::new(OwnedQueue::new(c"vga_stub_arbiter")?, GFP_KERNEL)?;

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

/// Returns whether a card answers in the legacy ranges. Of a card that is about to be held, ask
/// right before it is made quiet: the ranges may move at any time.
pub(crate) fn owns_legacy(pdev: &pci::Device) -> bool {
    decode::is_vga_class(pdev.class())
        && pdev.peek_command() & decode::COMMAND_DECODE != 0
        && pdev.is_vga_routed()
}

/// Returns where a VGA card is: whether the arbiter can keep legacy cycles from it.
pub(crate) fn place(pdev: &pci::Device) -> Place {
    let bridge = pdev.upstream();
    let mut others = 0_usize;

    if let Some(bridge) = bridge {
        bus::for_each_device(|other| {
            let below = || {
                core::iter::successors(other.upstream(), |bridge| bridge.upstream())
                    .any(|above| above.is(bridge))
            };

            if decode::is_vga_class(other.class()) && !other.is(pdev) && below() {
                others = others.saturating_add(1);
            }
        });
    }
    Place::new(bridge.is_some(), others)
}

/// Who has a card.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The host, without a driver.
    Nobody,
    /// A driver of the host.
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
    match Locked::try_new(pdev).map(|locked| locked.driver(&ours::MODULE)) {
        Some(Ok(None)) => Owner::Nobody,
        Some(Ok(Some(driver))) if holder::is_holder(&driver) => Owner::Holder,
        Some(Ok(Some(_))) => Owner::Host,
        Some(Err(_)) | None => Owner::Unclear,
    }
}

impl Owner {
    fn is_host(self) -> bool {
        matches!(self, Self::Nobody | Self::Host)
    }
}

/// What a look at all cards says about the legacy ranges.
struct View {
    /// The card of the host that is to have them.
    heir: Option<ARef<pci::Device>>,
    /// Whether a card of the host has them already, since taking them from it could switch it off;
    /// or one that has them for its guest.
    owned: bool,
    /// Whether it is not clear who has one of the cards.
    unclear: bool,
}

fn look() -> View {
    let mut guest = false;
    let mut owned = false;
    let mut unclear = false;
    let mut switched_off = None;
    let mut best = None;

    bus::for_each_device(|pdev| {
        // The decode bits of a virtual function are zeros (Single Root I/O Virtualization 1.1,
        // section 3.4.1.3), and nobody switched them off: its physical function has the ranges.
        if !decode::is_vga_class(pdev.class()) || pdev.is_virtual_function() {
            return;
        }

        let owner = owner(pdev);
        let command = pdev.peek_command();

        unclear |= owner == Owner::Unclear;
        owned |= owner.is_host() && owns_legacy(pdev);
        guest |= registry::find(pdev).is_some_and(|card| card.ranges() == Ranges::Has)
            && pdev.is_vga_routed();
        // Its driver did not do that: a guest did, when the arbiter gave the guest's card the
        // ranges.
        if owner == Owner::Host
            && command & decode::COMMAND_DECODE == 0
            && pdev.answers()
            && place(pdev) != Place::Alone
        {
            switched_off = Some(ARef::from(pdev));
        }
        best = decode::better(
            best.take(),
            decode::Card {
                key: ARef::from(pdev),
                class: pdev.class(),
                default: vgaarb::is_default(pdev),
                held: !owner.is_host(),
                command,
            },
        );
    });
    View {
        owned: guest || owned && switched_off.is_none(),
        heir: switched_off.or(best.map(|card| card.key)),
        unclear,
    }
}

/// A card of the host, and what it decoded.
pub(crate) struct HostsCard {
    pdev: ARef<pci::Device>,
    command: u16,
}

impl HostsCard {
    /// Returns the PCI device.
    pub(crate) fn pdev(&self) -> &pci::Device {
        &self.pdev
    }

    /// Returns whether it decodes less now.
    pub(crate) fn was_switched_off(&self) -> bool {
        self.command & !self.pdev.peek_command() & decode::COMMAND_DECODE != 0
    }
}

/// Returns the VGA cards of the host, with what they decode now.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn hosts_cards() -> Result<KVec<HostsCard>> {
    let mut cards = KVec::new();
    let mut result = Ok(());

    bus::for_each_device(|pdev| {
        if result.is_ok() && decode::is_vga_class(pdev.class()) && owner(pdev) != Owner::Holder {
            let card = HostsCard {
                pdev: pdev.into(),
                command: pdev.peek_command(),
            };

            result = cards.push(card, GFP_KERNEL);
        }
    });
    result?;
    Ok(cards)
}

/// Gives a card the legacy ranges. This may wait, so only the work queue calls it, without any
/// lock.
///
/// # Errors
///
/// `ERESTARTSYS`: a program had them locked all the time. `ENODEV`: the arbiter does not know the
/// card. `ENOMEM`.
pub(crate) fn give(pdev: &pci::Device) -> Result {
    vgaarb::move_legacy(pdev, c"vga_stub_legacy", PATIENCE)
}

/// Calls a function from the arbiter's queue: without any lock, one after another, and before the
/// module goes. Does not wait. Without memory for it, nothing is called.
pub(crate) fn defer(call: fn()) {
    if let Ok(queue) = queue::lock() {
        if let Some(queue) = queue.as_ref() {
            let _ = queue.try_spawn(GFP_KERNEL, call);
        }
    }
}

/// Waits until all deferred work is done. The caller holds no lock.
pub(crate) fn flush() {
    let arbiter = queue::lock().ok().and_then(|queue| queue.clone());

    if let Some(arbiter) = arbiter {
        arbiter.flush();
    }
}

/// Prepares calls of a function from the arbiter's queue, `pause` milliseconds apart, until it
/// returns `false`.
///
/// # Errors
///
/// `ENODEV`: the module is on its way out. `ENOMEM`.
pub(crate) fn repeat(pause: u32, call: fn() -> bool) -> Result<Repeated> {
    let arbiter = queue::lock()?.clone().ok_or(ENODEV)?;

    Repeated::new(arbiter, pause, call)
}

/// A card that was given the legacy ranges has them no more.
pub(crate) struct Loss {
    /// The card that has them instead, as far as the bridges tell it.
    pub(crate) to: Option<ARef<pci::Device>>,
}

/// Returns whether a card that was given the legacy ranges has lost them. Between two cards on a
/// root bus that cannot be told.
pub(crate) fn loss(pdev: &pci::Device) -> Option<Loss> {
    let mut behind_bridge = None;
    let mut on_root_bus = None;

    bus::for_each_device(|other| {
        // All bits of one that sleeps in D3cold read as set. Asked last: of VGA cards only.
        if !other.is(pdev) && owns_legacy(other) && other.answers() {
            let found = match other.upstream() {
                Some(_) => &mut behind_bridge,
                None => &mut on_root_bus,
            };

            *found = Some(ARef::from(other));
        }
    });
    // All cards on a root bus get the cycles that no bridge takes.
    if pdev.upstream().is_none() {
        behind_bridge.map(|to| Loss { to: Some(to) })
    } else if pdev.is_vga_routed() {
        None
    } else {
        Some(Loss {
            to: behind_bridge.or(on_root_bus),
        })
    }
}

/// Has the legacy ranges given to the card of the host that is to have them, if there is one. To be
/// called when the card that had them has been made quiet, so that nobody answers in them.
///
/// Does not wait. Without memory for it, the ranges move when somebody asks for them. A card of the
/// host that a guest's use of the ranges has switched off gets them, and its decode with them.
pub(crate) fn pass_on() {
    defer(give_to_heir);
}

/// Does what [`pass_on`] says. Asking the arbiter may wait: this is for the work queue, without any
/// lock.
fn give_to_heir() {
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

        if let Err(error) = give(&heir) {
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
