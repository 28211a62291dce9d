// SPDX-License-Identifier: GPL-2.0

//! Who has the legacy VGA ranges while a guest has a card: the file `legacy`.
//!
//! `none`: our client takes the place of the target driver's in the arbiter. So the answer stays
//! the same whenever the arbiter asks: at its first use, and when VGA cards come and go. The target
//! driver unregisters it itself when it loses the card; then ours is withdrawn.
//!
//! `owned`: the card is given the ranges once it is with its driver, from the arbiter's queue. Who
//! takes them later is looked for, since nobody is told of that.
//!
//! Both follow the bus, whoever moves the card: `handoff`, libvirt, a write to `bind`.

use crate::{
    abstractions::{
        bus::{
            self,
            Driver, //
        },
        device::Locked,
        pci::DeviceExt as _,
        vgaarb::NoDecodeClient,
        workqueue::Repeated, //
    },
    arbiter::{
        self,
        place, //
    },
    card::{
        Card,
        Ranges, //
    },
    holder,
    ours,
    parameters,
    registry, //
};
use kernel::{
    bindings,
    pci,
    prelude::*,
    sync::Arc,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use vga_stub_core::{
    decode::{
        self,
        Kind, //
    },
    legacy::{
        self,
        Choice,
        Refusal, //
    }, //
};

/// How often a device is tried that somebody else has locked.
const LOCK_TRIES: u32 = 100;

/// How long to wait between two tries, in milliseconds.
const LOCK_PAUSE: i64 = 10;

/// How long to wait between two looks at whether a guest still has the ranges, in milliseconds.
const WATCH_PAUSE: u32 = 1000;

static_mutex! {
    /// Looks, while a guest owns the ranges, whether it still has them. Held shortly, and last.
    mod watch: Option<Repeated> = None;
}

static_mutex! {
    /// The clients of cards that guests have, and that decode nothing. Also guards changes of the
    /// choice. It is taken with a card's lock held, or by a listener; what is taken with it is the
    /// lock of the list of cards, or of the arbiter's queue.
    mod guests: KVec<NoDecodeClient> = KVec::new();
}

/// Keeps the clients of guests' cards; dropping it withdraws them.
pub(crate) struct Guests(());

impl Guests {
    /// Makes the list ready, and looks at the parameter.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn new() -> Result<Self> {
        guests::init();
        watch::init();
        *watch::lock()? = Some(arbiter::repeat(WATCH_PAUSE, look)?);
        if parameter().is_none() {
            pr_err!(
                "legacy={}: write arbitrated, none or owned; arbitrated is taken\n",
                parameters::LEGACY.get()
            );
        }
        Ok(Self(()))
    }
}

impl Drop for Guests {
    fn drop(&mut self) {
        // Waits for a look, without the lock.
        let watch = watch::lock().map(|mut watch| watch.take());

        drop(watch);

        // With its memory: what is in a static is never dropped.
        let guests = guests::lock().map(|mut guests| core::mem::take(&mut *guests));

        drop(guests);
    }
}

fn parameter() -> Option<Choice> {
    Choice::parse(parameters::LEGACY.get().to_bytes())
}

/// Gives a card that is claimed for the first time its choice.
pub(crate) fn prepare(card: Card) -> Card {
    let choice = legacy::default(card.kind, parameter().unwrap_or(Choice::Arbitrated));

    card.choose(choice);
    if let Some(refusal) = refusal(&card, choice) {
        fall_back(&card, refusal);
    }
    card
}

fn refusal(card: &Card, choice: Choice) -> Option<Refusal> {
    legacy::refusal(choice, card.kind, place(card.pdev()))
}

/// Has the arbiter decide about a card where the choice is not sound, or is not sound any more.
fn fall_back(card: &Card, refusal: Refusal) {
    dev_warn!(
        card.pdev(),
        "legacy: arbitrated, not {}: {}\n",
        card.chosen().as_str(),
        refusal.message()
    );
    card.choose(Choice::Arbitrated);
}

/// Takes what was written to the file `legacy`.
///
/// # Errors
///
/// `EINVAL`: other text. `EOPNOTSUPP`: the choice is not sound for this card. `EBUSY`: a guest has
/// the card, and it cannot be given the ranges; or somebody has had the card locked for a second.
/// `ENODEV`: the device or the module is on its way out. `ENOMEM`.
pub(crate) fn write(card: &Card, text: &[u8]) -> Result {
    let Some(choice) = Choice::parse(text) else {
        dev_err!(
            card.pdev(),
            "legacy: write arbitrated, none or owned; nothing changed\n"
        );
        return Err(EINVAL);
    };

    if let Some(refusal) = refusal(card, choice) {
        dev_err!(
            card.pdev(),
            "legacy: {} refused: {}\n",
            choice.as_str(),
            refusal.message()
        );
        return Err(unsupported());
    }

    let former = change(card, choice)?;

    if card.ranges() == Ranges::Wanted {
        arbiter::flush();
    }
    // Still wanted: there was no memory to ask for them.
    if matches!(card.ranges(), Ranges::Wanted | Ranges::Refused) {
        if former == choice {
            card.set_ranges(Ranges::Taken);
        } else if card.chosen() == choice {
            // Else another writer has chosen meanwhile, and that stands.
            change(card, former)?;
        }
        return Err(EBUSY);
    }
    Ok(())
}

/// Returns `EOPNOTSUPP`, which the kernel crate has from 7.3 on.
fn unsupported() -> Error {
    Error::from_errno(-(bindings::EOPNOTSUPP as c_int))
}

/// Changes the choice, and carries it out if a guest has the card. Returns the former one.
fn change(card: &Card, choice: Choice) -> Result<Choice> {
    let locked = lock(card.pdev())?;
    let driver = locked.driver(&ours::MODULE)?;
    let mut guests = guests::lock()?;
    let former = card.chosen();

    if registry::find(card.pdev()).is_none() {
        return Err(ENODEV);
    }
    if let Some(driver) = driver.filter(|driver| is_guests(card, driver)) {
        carry_out(
            card,
            choice.in_force(holder::is_pciback(&driver)),
            &mut guests,
        )?;
    }
    card.choose(choice);
    Ok(former)
}

fn lock(pdev: &pci::Device) -> Result<Locked<'_>> {
    for _ in 0..LOCK_TRIES {
        if let Some(locked) = Locked::try_new(pdev) {
            return Ok(locked);
        }
        fsleep(Delta::from_millis(LOCK_PAUSE));
    }
    dev_err!(
        pdev,
        "legacy: busy: somebody has had it locked for a second; nothing changed\n"
    );
    Err(EBUSY)
}

/// Returns whether a card has legacy ranges, and a driver has it for a guest.
fn is_guests(card: &Card, driver: &Driver) -> bool {
    card.kind == Kind::Vga && !ours::has(card.pdev()) && holder::is_holder(driver)
}

/// Carries a choice out for a card that a guest has. The card is locked.
fn carry_out(card: &Card, choice: Choice, guests: &mut KVec<NoDecodeClient>) -> Result {
    let pdev = card.pdev();
    let had = card.ranges() == Ranges::Has;

    guests.reserve(1, GFP_KERNEL)?;
    guests.retain(|client| !client.is_for(pdev));
    if choice == Choice::None {
        guests
            .push_within_capacity(NoDecodeClient::register(pdev)?)
            .map_err(|_| ENOMEM)?;
    }
    if choice == Choice::Owned {
        if !had {
            card.set_ranges(Ranges::Wanted);
            arbiter::defer(route_all);
        }
    } else {
        card.set_ranges(Ranges::NotWanted);
        // The host is to have them, as while the card is held.
        if had || choice == Choice::None && pdev.is_vga_routed() {
            arbiter::pass_on();
        }
    }
    Ok(())
}

/// Hears that a driver has got a device, which is locked.
pub(crate) fn bound(pdev: &pci::Device, driver: &Driver) {
    let Some(card) = registry::find(pdev).filter(|card| is_guests(card, driver)) else {
        return;
    };
    let Ok(mut guests) = guests::lock() else {
        return;
    };

    if let Some(refusal) = refusal(&card, card.chosen()) {
        fall_back(&card, refusal);
    }

    let choice = card.chosen().in_force(holder::is_pciback(driver));

    if let Err(error) = carry_out(&card, choice, &mut guests) {
        dev_err!(
            pdev,
            "legacy: {} is not in force: error {}\n",
            choice.as_str(),
            error.to_errno()
        );
    }
}

/// Hears that a driver has lost a device, which is locked.
pub(crate) fn unbound(pdev: &pci::Device) {
    let Some(card) = registry::find(pdev) else {
        return;
    };

    if let Ok(mut guests) = guests::lock() {
        guests.retain(|client| !client.is_for(pdev));
    }
    report_loss(&card);
    card.set_ranges(Ranges::NotWanted);
}

/// Looks whether guests that own the ranges still have them. Returns whether one does, so that
/// another look makes sense. From the arbiter's queue.
fn look() -> bool {
    let mut owned = false;

    for_each_card(|card| {
        report_loss(&card);
        owned |= card.ranges() == Ranges::Has;
    });
    owned
}

/// Says, once, that a guest that owns the ranges has lost them.
fn report_loss(card: &Card) {
    let pdev = card.pdev();

    if card.ranges() != Ranges::Has {
        return;
    }

    let Some(loss) = arbiter::loss(pdev) else {
        return;
    };

    // By the time, it may have been taken back, or somebody else has said it.
    if card.replace_ranges(Ranges::Has, Ranges::Taken) {
        dev_warn!(
            pdev,
            "legacy: somebody took the legacy VGA ranges while a guest owned them: the guest draws \
             on {} now, until owned is written to legacy once more\n",
            loss.to.as_ref().map_or(c"another card", |to| to.as_ref().name())
        );
    }
}

/// Hears of a new device. One that is a VGA card may share a bridge with a card that a guest has.
pub(crate) fn added(pdev: &pci::Device) {
    if !decode::is_vga_class(pdev.class()) {
        return;
    }

    let Ok(mut guests) = guests::lock() else {
        return;
    };

    guests.retain(|client| {
        let Some(card) = registry::find(client.pdev()) else {
            return true;
        };

        match refusal(&card, Choice::None) {
            Some(refusal) => {
                fall_back(&card, refusal);
                false
            }
            None => true,
        }
    });
}

/// Waits until a card that was handed off has the ranges, if it is to have them.
///
/// # Errors
///
/// `EBUSY`: it, or a VGA card of the same slot, could not get them. The log says why.
pub(crate) fn settle(pdev: &pci::Device) -> Result {
    let mut result = Ok(());

    arbiter::flush();
    for_each_card(|card| {
        let wanted = matches!(card.ranges(), Ranges::Wanted | Ranges::Refused);

        if wanted && (card.pdev().is(pdev) || card.pdev().same_slot(pdev)) {
            result = Err(EBUSY);
        }
    });
    result
}

/// Gives each card that is to have the ranges the ranges. From the arbiter's queue, without any
/// lock.
fn route_all() {
    loop {
        let mut next = None;

        for_each_card(|card| {
            if card.ranges() == Ranges::Wanted {
                next = Some(card);
            }
        });

        let Some(card) = next else {
            return;
        };
        let ranges = match route(&card) {
            Ok(()) => Ranges::Has,
            Err(_) => Ranges::Refused,
        };

        if !card.replace_ranges(Ranges::Wanted, ranges) {
            // Nobody wants them any more.
            arbiter::pass_on();
        } else if ranges == Ranges::Has {
            if let Ok(watch) = watch::lock() {
                if let Some(watch) = watch.as_ref() {
                    watch.start();
                }
            }
        }
    }
}

/// Gives a card that a guest has the ranges. A card of the host must lose no more than these.
fn route(card: &Arc<Card>) -> Result {
    let pdev = card.pdev();
    let mut rival = None;

    for_each_card(|other| {
        if other.ranges() == Ranges::Has && other.pdev().is_vga_routed() {
            rival = Some(other);
        }
    });
    if let Some(rival) = rival {
        dev_err!(
            pdev,
            "legacy: not owned: {} has the legacy VGA ranges for its own guest\n",
            rival.pdev().as_ref().name()
        );
        return Err(EBUSY);
    }

    let hosts = arbiter::hosts_cards()?;

    arbiter::give(pdev).inspect_err(|error| {
        dev_err!(
            pdev,
            "legacy: not owned: a program has had VGA locked for a second, and the guest would \
             draw on another card: error {}\n",
            error.to_errno()
        );
    })?;

    if let Some(host) = hosts.iter().find(|host| host.was_switched_off()) {
        // It gets back what it decoded, and the ranges with it.
        let _ = arbiter::give(host.pdev());

        dev_err!(
            pdev,
            "legacy: not owned: {}, a card of the host, would be switched off: no bridge keeps \
             legacy VGA cycles from it\n",
            host.pdev().as_ref().name()
        );
        return Err(EBUSY);
    }
    dev_info!(pdev, "legacy: the guest owns the legacy VGA ranges\n");
    Ok(())
}

/// Calls a function with each claimed card that is there.
fn for_each_card(mut call: impl FnMut(Arc<Card>)) {
    bus::for_each_device(|pdev| {
        if let Some(card) = registry::find(pdev) {
            call(card);
        }
    });
}
