// SPDX-License-Identifier: GPL-2.0

//! Moves the functions of an IOMMU group to another driver and back: all of them, or none.
//!
//! Locks: the move mutex, then one device's lock at a time. Probe, removal and the bus's listeners
//! never take the move mutex, as they run inside a move.

use crate::{
    abstractions::{
        bus::{
            self,
            DriverRef, //
        },
        device::{
            self,
            Locked,
            Override, //
        },
        iommu::Group,
        pci::DeviceExt as _,
        xen, //
    },
    card::Card,
    gate,
    ours::{
        self,
        NAME, //
    },
    parameters,
    registry,
    target, //
};
use kernel::{
    pci,
    prelude::*,
    sync::aref::ARef,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};
use vga_stub_core::{
    decode::Kind,
    group::{
        Binding,
        Direction,
        Member,
        LAST_TURN, //
    }, //
};

static_mutex! {
    /// Held during a move, so that there is one at a time.
    mod moves: () = ();
}

/// How often a device is tried that somebody else has locked.
const LOCK_TRIES: u32 = 100;

/// How long to wait between two tries, in milliseconds.
const LOCK_PAUSE: i64 = 10;

/// Makes the locks ready. To be called before the first card has a directory.
pub(crate) fn init() {
    moves::init();
    gate::init();
}

/// Takes what was written to the file `handoff`: the name of a driver, or `1` for the default one.
///
/// # Errors
///
/// `EINVAL`: the text is no name, or the driver is not made to hold devices for guests. `ENODEV`:
/// there is no such driver, or a member of the group does not answer. `EBUSY`: a member is in use or
/// has another driver. Those of the driver's probe.
pub(crate) fn handoff(card: &Card, text: &[u8]) -> Result {
    let name = match text.trim_ascii() {
        b"1" => parameters::HANDOFF.get().to_bytes(),
        name => name,
    };
    let target = target::find(card.pdev(), name)?;

    carry_out(card, Direction::HandOff, Some(&target))
}

/// Takes what was written to the file `reclaim`: `1`.
///
/// # Errors
///
/// `EINVAL`: other text. `EBUSY`: a member of the group is in use, or has a driver that is not made
/// to hold devices for guests. `ENODEV`: the module is on its way out, or a member does not answer.
pub(crate) fn reclaim(card: &Card, text: &[u8]) -> Result {
    if text.trim_ascii() != b"1" {
        dev_err!(card.pdev(), "reclaim: only 1 can be written\n");
        return Err(EINVAL);
    }
    carry_out(card, Direction::Reclaim, None)
}

/// Waits for a device's lock, but not for ever.
#[inline(never)]
fn lock(pdev: &pci::Device) -> Result<Locked<'_>> {
    for _ in 0..LOCK_TRIES {
        if let Some(locked) = Locked::try_new(pdev) {
            return Ok(locked);
        }
        fsleep(Delta::from_millis(LOCK_PAUSE));
    }
    dev_err!(pdev, "busy: somebody has had it locked for a second\n");
    Err(EBUSY)
}

/// A member of a group, as it is before a move.
struct Candidate {
    pdev: ARef<pci::Device>,
    /// The driver that it has; [`None`] if it has none.
    former: Option<DriverRef>,
    /// What the policy is to know of it.
    member: Member,
}

impl Candidate {
    /// Creates a candidate of which nothing is known yet.
    fn new(pdev: &pci::Device) -> Self {
        Self {
            pdev: pdev.into(),
            former: None,
            member: Member {
                kind: Kind::Companion,
                claimed: false,
                binding: Binding::Unbound,
            },
        }
    }

    /// Finds out what there is to know.
    fn look(&mut self) -> Result {
        self.former = lock(&self.pdev)?.driver()?;
        self.member.binding = match &self.former {
            None => Binding::Unbound,
            Some(_) if ours::has(&self.pdev) => Binding::Held,
            Some(driver) if target::is_pciback(driver) && xen::is_given_away(&self.pdev) => {
                Binding::InUse
            }
            Some(driver) if target::is_holder(driver) => Binding::Holder,
            Some(_) => Binding::Other,
        };
        if let Some(card) = registry::find(&self.pdev) {
            self.member.kind = card.kind;
            self.member.claimed = true;
        }
        Ok(())
    }
}

/// Returns the functions that the IOMMU cannot tell from a card, the card included. Without an
/// IOMMU, those of its slot that are claimed.
fn candidates(card: &Card) -> Result<KVec<Candidate>> {
    let pdev = card.pdev();
    let mut candidates = KVec::new();
    let mut add = |pdev: &pci::Device| Ok(candidates.push(Candidate::new(pdev), GFP_KERNEL)?);

    if let Some(group) = Group::of(pdev) {
        group.for_each_member(add)?;
    } else {
        let mut result = Ok(());

        bus::for_each_device(|other| {
            if result.is_ok() && other.same_slot(pdev) && registry::find(other).is_some() {
                result = add(other);
            }
        });
        result?;
    }
    for candidate in &mut candidates {
        candidate.look()?;
    }
    Ok(candidates)
}

/// Moves what is to be moved: all of it, or nothing. The target is our own driver if none is given.
///
/// Who moves, in which order, and who forbids it is for [`vga_stub_core::group`] to say.
fn carry_out(card: &Card, direction: Direction, target: Option<&DriverRef>) -> Result {
    // With a reference to this module, so that it stays during the move.
    let ours = DriverRef::find(NAME).ok_or(ENODEV)?;
    let target = target.unwrap_or(&ours);
    let _moving = moves::lock()?;

    // A writer may have waited for long; another card may be in this one's slot now.
    if registry::find(card.pdev()).is_none() {
        dev_err!(card.pdev(), "nothing moved: the device is gone\n");
        return Err(ENODEV);
    }

    let mut candidates = candidates(card)?;

    for candidate in &candidates {
        // A hand-off moves what is held. If the card is not, it must be where it is to go.
        let elsewhere = direction == Direction::HandOff
            && candidate.pdev.is(card.pdev())
            && candidate.member.binding != Binding::Held
            && !target.drives(&candidate.pdev);

        if elsewhere || direction.is_forbidden_by(&candidate.member) {
            return refuse(card, candidate);
        }
    }

    candidates.retain(|candidate| direction.moves(&candidate.member));
    for candidate in &candidates {
        // Other drivers may have put what they have into D3cold, where nothing answers.
        if candidate.member.binding == Binding::Held && !candidate.pdev.answers() {
            dev_err!(
                card.pdev(),
                "nothing moved: {} does not answer\n",
                candidate.pdev.as_ref().name()
            );
            return Err(ENODEV);
        }
    }
    if let Some(first) = candidates.first() {
        close_gate(card, &first.pdev)?;
    }

    let result = shift_all(&candidates, direction, target);

    if result.is_err() {
        for candidate in &candidates {
            put_back(candidate, &ours);
        }
    }
    // Not before the last one has moved: from here on a guest may have them.
    gate::open()?;
    result
}

fn shift_all(candidates: &[Candidate], direction: Direction, target: &DriverRef) -> Result {
    for turn in 0..=LAST_TURN {
        for candidate in candidates {
            if direction.turn(&candidate.member) == turn {
                shift(&candidate.pdev, target)?;
            }
        }
    }
    Ok(())
}

/// Says which function is in the way.
fn refuse(card: &Card, blocker: &Candidate) -> Result {
    let why = match blocker.member.binding {
        Binding::Unbound => c"is not held; it has",
        Binding::InUse => c"is in use by another domain, to which it was given by",
        Binding::Held | Binding::Holder | Binding::Other => c"is bound to",
    };

    dev_err!(
        card.pdev(),
        "nothing moved: {} {} {}\n",
        blocker.pdev.as_ref().name(),
        why,
        blocker
            .former
            .as_ref()
            .map_or(c"no driver", |driver| driver.name())
    );
    Err(EBUSY)
}

/// Makes sure that nobody uses the group, nor will during the move.
fn close_gate(card: &Card, pdev: &pci::Device) -> Result {
    let Some(group) = Group::of(pdev) else {
        return Ok(());
    };
    let id = group.id();

    gate::close(group, &lock(pdev)?).inspect_err(|_| {
        dev_err!(card.pdev(), "IOMMU group {} is in use; nothing moved\n", id);
    })
}

/// Takes a function from its driver, if it has one, and gives it to another. If that fails it is
/// left without.
fn shift(pdev: &pci::Device, target: &DriverRef) -> Result {
    // Whoever has the device locked may have it for long; then nothing is begun.
    drop(lock(pdev)?);

    // Drivers like vfio-pci only take devices that are meant for them by name.
    let _override = Override::set(pdev, target)?;

    device::release_driver(pdev);
    match device::attach(pdev, target) {
        Ok(()) => dev_info!(pdev, "moved to {}\n", target.name()),
        Err(error) => {
            dev_err!(
                pdev,
                "not moved to {}: error {}\n",
                target.name(),
                error.to_errno()
            );
            return Err(error);
        }
    }
    Ok(())
}

/// Gives a function back to the driver that it had, if it has another now. One that had none stays
/// with us.
fn put_back(candidate: &Candidate, ours: &DriverRef) {
    let former = candidate.former.as_ref().unwrap_or(ours);

    if !former.drives(&candidate.pdev) && shift(&candidate.pdev, former).is_err() {
        dev_err!(candidate.pdev, "not put back; it has no driver now\n");
    }
}
