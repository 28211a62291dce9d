// SPDX-License-Identifier: GPL-2.0

//! Moves the functions of a card, or of an IOMMU group, to another driver and back: all of them, or
//! none.
//!
//! Locks: the move mutex, then one device's lock at a time. Probe, removal and the bus's listeners
//! never take the move mutex, as they run inside a move. Whoever waits here can be killed.

use crate::{
    abstractions::{
        bus::{
            self,
            DriverRef, //
        },
        detached,
        device::{
            self,
            Locked,
            Override, //
        },
        iommu::Group,
        pci::DeviceExt as _,
        task::{
            self,
            Pause, //
        },
        vfio,
        xen, //
    },
    card::Card,
    gate::{
        self,
        Closed, //
    },
    holder,
    legacy,
    ours::{
        self,
        MODULE,
        NAME, //
    },
    parameters,
    refusal::refuse,
    registry,
    target, //
};
use kernel::{
    fmt,
    pci,
    prelude::*,
    sync::{
        aref::ARef,
        Arc, //
    },
    time::{
        Delta,
        Instant,
        Monotonic, //
    }, //
};
use vga_stub_core::{
    decode::Kind,
    group::{
        self,
        Binding,
        Direction,
        Member,
        Refusal,
        Request,
        Scope, //
    },
    ids::Printable, //
};

static_mutex! {
    /// Held during a move, so that there is one at a time.
    mod moves: () = ();
}

/// How long a device is tried that somebody else has locked.
const LOCK_LIMIT: Delta = Delta::from_secs(1);

/// How long a driver may take to let go of a device.
const RELEASE_LIMIT: Delta = Delta::from_secs(5);

/// Makes the locks ready, and looks at the parameter. To be called before the first card has a
/// directory.
pub(crate) fn init() {
    moves::init();
    gate::init();

    let text = parameters::HANDOFF.get().to_bytes();

    if !group::is_name(text) {
        pr_err!(
            "handoff=\"{}\": no driver has such a name: 1 cannot be written to handoff, a name \
             can\n",
            format_args!("{}", Printable(text))
        );
    }
}

/// Takes what was written to the file `handoff`: the name of a driver, or `1` for the default one;
/// and how much is to move.
///
/// # Errors
///
/// See [`Refusal::errno`]; those of the target's probe; `ENOMEM`; `EINTR`.
pub(crate) fn handoff(card: &Card, text: &[u8]) -> Result {
    let refuse =
        |about: fmt::Arguments<'_>, refusal| refuse(card.pdev(), about, refusal, c"", EINVAL);
    let Request { word, scope } =
        Request::parse(text).ok_or_else(|| refuse(fmt!("handoff"), Refusal::HandOffText))?;
    let (word, refusal) = match word {
        b"1" => (
            parameters::HANDOFF.get().to_bytes(),
            Refusal::HandOffParameter,
        ),
        word => (word, Refusal::HandOffText),
    };
    let name = target::Name::new(word).ok_or_else(|| refuse(fmt!("handoff"), refusal))?;
    let target = target::find(name.as_c_str())
        .map_err(|refusal| refuse(fmt!("{}", name.as_c_str()), refusal))?;

    let held = ours::has(card.pdev());

    carry_out(card, Direction::HandOff, scope, Some(&target), Pause::Nap)?;
    legacy::settle(card.pdev()).inspect_err(|_| {
        // What could not get the legacy ranges comes back, whatever signals come; a line of its own
        // says if it cannot.
        if held {
            let _ = carry_out(card, Direction::Reclaim, scope, None, Pause::Doze);
        }
    })
}

/// Takes what was written to the file `reclaim`: `1`, and how much is to move.
///
/// # Errors
///
/// See [`Refusal::errno`]; `ENODEV`: the module is on its way out; `ENOMEM`; `EINTR`.
pub(crate) fn reclaim(card: &Card, text: &[u8]) -> Result {
    match Request::parse(text) {
        Some(Request { word: b"1", scope }) => {
            carry_out(card, Direction::Reclaim, scope, None, Pause::Nap)
        }
        _ => Err(refuse(
            card.pdev(),
            fmt!("reclaim"),
            Refusal::ReclaimText,
            c"",
            EINVAL,
        )),
    }
}

/// A function that a move concerns, as it is before the move.
struct Candidate {
    pdev: ARef<pci::Device>,
    /// What is known of it, if it was claimed once.
    card: Option<Arc<Card>>,
    /// The driver that it has; [`None`] if it has none.
    former: Option<DriverRef>,
    /// Its file, if a program has it open.
    file: Option<vfio::Name>,
    /// What the policy is to know of it.
    member: Member,
    /// How it is waited for.
    pause: Pause,
}

impl AsRef<Member> for Candidate {
    fn as_ref(&self) -> &Member {
        &self.member
    }
}

impl Candidate {
    /// Creates a candidate of which nothing is known yet.
    fn new(pdev: &pci::Device, asked: &pci::Device, pause: Pause) -> Self {
        Self {
            pdev: pdev.into(),
            card: None,
            former: None,
            file: None,
            member: Member {
                kind: Kind::Companion,
                claimed: false,
                asked: pdev.is(asked),
                binding: Binding::Unbound,
                arrived: false,
                answers: true,
            },
            pause,
        }
    }

    /// Finds out what there is to know.
    fn look(&mut self, target: &DriverRef) -> Result<(), Refusal> {
        let locked = lock(&self.pdev, self.pause)?;

        self.card = registry::find(&self.pdev);
        self.former = locked.driver(&MODULE).map_err(|_| Refusal::Unsettled)?;
        self.file = None;

        let member = &mut self.member;

        member.claimed = self.card.is_some();
        if let Some(card) = &self.card {
            member.kind = card.kind;
        }
        member.arrived = target.drives(&self.pdev);
        member.binding = match &self.former {
            None => Binding::Unbound,
            Some(_) if ours::has(&self.pdev) => Binding::Held,
            Some(driver) if !holder::is_holder(driver) => Binding::Other,
            Some(driver) => {
                self.file = vfio::opened(&locked);
                if self.file.is_some() {
                    Binding::Open
                } else if holder::is_pciback(driver) && xen::is_given_away(&self.pdev) {
                    Binding::Given
                } else {
                    Binding::Holder
                }
            }
        };
        Ok(())
    }

    /// Looks again. Returns why it cannot move any more, though it could at first.
    fn look_again(&mut self, direction: Direction, target: &DriverRef) -> Result<(), Refusal> {
        let binding = self.member.binding;
        let former = self.former.take();

        if let Err(refusal) = self.look(target) {
            self.former = former;
            return Err(refusal);
        }
        if let Some(refusal) = direction.refusal(&self.member) {
            return Err(refusal);
        }

        let same = match &former {
            None => self.former.is_none(),
            Some(former) => former.drives(&self.pdev),
        };

        if same && self.member.binding == binding {
            Ok(())
        } else {
            Err(Refusal::Changed)
        }
    }

    /// Returns its IOMMU group.
    fn group(&self) -> Option<&Group> {
        self.card.as_ref()?.group.as_ref()
    }

    /// Refuses a move that was asked of a card, because of this function.
    fn refuse(&self, card: &Card, refusal: Refusal) -> Error {
        let driver = self
            .former
            .as_ref()
            .map_or(c"no driver", |driver| driver.name());
        let other = match refusal {
            Refusal::Bound | Refusal::Given | Refusal::NotHeld | Refusal::Stuck => driver,
            Refusal::Open => self.file.as_ref().map_or(c"", vfio::Name::as_c_str),
            _ => c"",
        };

        refuse(
            card.pdev(),
            fmt!("{}", self.pdev.as_ref().name()),
            refusal,
            other,
            EBUSY,
        )
    }
}

/// Waits for a device's lock, but not for ever.
#[inline(never)]
fn lock(pdev: &pci::Device, pause: Pause) -> Result<Locked<'_>, Refusal> {
    let start = Instant::<Monotonic>::now();

    loop {
        if let Some(locked) = Locked::try_new(pdev) {
            return Ok(locked);
        }
        if start.elapsed() >= LOCK_LIMIT {
            return Err(Refusal::Locked);
        }
        pause.sleep().map_err(|_| Refusal::Interrupted)?;
    }
}

/// Returns the functions that a move concerns: with each function of the scope all that the IOMMU
/// cannot tell from it. Without an IOMMU the slot is the group. A virtual function is a card of its
/// own: those beside it are for other guests.
fn candidates(card: &Card, scope: Scope, pause: Pause) -> Result<KVec<Candidate>> {
    let asked = card.pdev();
    let whole = (scope == Scope::Card || card.group.is_none()) && !asked.is_virtual_function();
    let is_beside = |pdev: &pci::Device| pdev.same_slot(asked) && !pdev.is_virtual_function();
    let mut functions = KVec::new();
    let mut candidates = KVec::new();
    let mut result = Ok(());

    bus::for_each_device(|pdev| {
        if result.is_ok() && (pdev.is(asked) || whole && is_beside(pdev)) {
            if let Some(function) = registry::find(pdev) {
                result = functions.push(function, GFP_KERNEL).map_err(Error::from);
            }
        }
    });
    result?;

    let mut add =
        |pdev: &pci::Device| Ok(candidates.push(Candidate::new(pdev, asked, pause), GFP_KERNEL)?);
    let mut last = None;

    while let Some(group) = next_group(
        functions.iter().filter_map(|card| card.group.as_ref()),
        last,
    ) {
        group.for_each_member(&mut add)?;
        last = Some(group.id());
    }
    for function in functions.iter().filter(|function| function.group.is_none()) {
        add(function.pdev())?;
    }
    Ok(candidates)
}

/// Returns the group whose number is the next after the last. Moves take groups in the order of
/// their numbers.
fn next_group<'a>(groups: impl Iterator<Item = &'a Group>, last: Option<i32>) -> Option<&'a Group> {
    groups
        .filter(|group| Some(group.id()) > last)
        .min_by_key(|group| group.id())
}

/// Moves what is to be moved: all of it, or nothing. The target is our own driver if none is given.
/// `pause` says whether a signal ends it.
///
/// Who moves, in which order, and who is in the way is for [`vga_stub_core::group`] to say.
fn carry_out(
    card: &Card,
    direction: Direction,
    scope: Scope,
    target: Option<&DriverRef>,
    pause: Pause,
) -> Result {
    // With a reference to this module, so that it stays during the move.
    let ours = DriverRef::find(&MODULE, |driver| driver.name() == NAME).ok_or(ENODEV)?;
    let target = target.unwrap_or(&ours);
    let _moving = moves::lock_patiently(pause)?;

    // A writer may have waited for long; another card may be in this one's slot now.
    if registry::find(card.pdev()).is_none() {
        return Err(gone(card));
    }

    let mut candidates = candidates(card, scope, pause)?;

    all_fit(card, &mut candidates, |candidate| {
        candidate.look(target)?;
        // Other drivers may have put what they have into D3cold, where nothing answers.
        candidate.member.answers =
            candidate.member.binding != Binding::Held || candidate.pdev.answers();
        direction.refusal(&candidate.member).map_or(Ok(()), Err)
    })?;
    // It has left its group or its bus since.
    if !candidates.iter().any(|candidate| candidate.member.asked) {
        return Err(gone(card));
    }

    let mut gates = Closed::new();

    close_all(card, direction, &candidates, &mut gates)?;
    // Whoever was in between is there now. Nobody comes any more, but to open a file of vfio's.
    all_fit(card, &mut candidates, |candidate| {
        if direction.moves(&candidate.member) {
            candidate.look_again(direction, target)
        } else {
            Ok(())
        }
    })?;

    let result = shift_all(card, direction, &mut candidates, target);

    // Not before the last one has moved: from here on a guest may have them.
    drop(gates);
    result
}

/// Refuses a move of a card that is on its way out.
fn gone(card: &Card) -> Error {
    refuse(card.pdev(), fmt!("the device"), Refusal::Gone, c"", ENODEV)
}

/// Refuses a move if one of the functions does not fit, and says so of each that does not.
fn all_fit(
    card: &Card,
    candidates: &mut [Candidate],
    mut fits: impl FnMut(&mut Candidate) -> Result<(), Refusal>,
) -> Result {
    let mut result = Ok(());

    for candidate in candidates {
        if let Err(refusal) = fits(candidate) {
            let error = candidate.refuse(card, refusal);

            result = result.and(Err(error));
        }
    }
    result
}

/// Makes sure that nobody uses the groups from which something is taken, nor will during the move.
fn close_all(
    card: &Card,
    direction: Direction,
    candidates: &[Candidate],
    gates: &mut Closed,
) -> Result {
    let taken = || {
        candidates
            .iter()
            .filter(|candidate| direction.takes(&candidate.member))
    };
    let mut last = None;

    while let Some(group) = next_group(taken().filter_map(Candidate::group), last) {
        let id = group.id();

        last = Some(id);
        let mut members = taken().filter(|candidate| candidate.group().map(Group::id) == last);
        let Some(member) = members.next() else {
            break;
        };
        let locked = lock(&member.pdev, member.pause).map_err(|why| member.refuse(card, why))?;

        gates.close(group, &locked).map_err(|error| {
            let refusal = match error {
                EBUSY => Refusal::GroupInUse,
                EINVAL => Refusal::GroupReserved,
                _ => Refusal::GroupFailed,
            };

            refuse(card.pdev(), fmt!("IOMMU group {}", id), refusal, c"", error)
        })?;
    }
    Ok(())
}

/// Moves one after the other, and if one fails, all back.
fn shift_all(
    card: &Card,
    direction: Direction,
    candidates: &mut [Candidate],
    target: &DriverRef,
) -> Result {
    let mut begun = 0_usize;

    while let Some(index) = group::next(direction, candidates, begun) {
        let Some(candidate) = candidates.get_mut(index) else {
            break;
        };

        begun = begun.saturating_add(1);
        if let Err(error) = shift(card, direction, candidate, target) {
            for index in group::back(direction, candidates, begun) {
                if let Some(candidate) = candidates.get(index) {
                    put_back(candidate);
                }
            }
            return Err(error);
        }
    }
    Ok(())
}

/// Takes a function from its driver, if it has one, and gives it to another. If that fails it is
/// left without, or where it was.
fn shift(
    card: &Card,
    direction: Direction,
    candidate: &mut Candidate,
    target: &DriverRef,
) -> Result {
    let pdev = candidate.pdev.clone();
    // Drivers like vfio-pci only take devices that are meant for them by name. From here on no
    // other driver can get it, so that the one that is looked at is the one it is taken from.
    let _override = Override::set(&pdev, target)?;

    candidate
        .look_again(direction, target)
        .map_err(|why| candidate.refuse(card, why))?;
    if let Some(former) = &candidate.former {
        if !release(&pdev, former, candidate.pause)? {
            let why = if task::is_interrupted() {
                Refusal::Interrupted
            } else {
                Refusal::Stuck
            };

            return Err(candidate.refuse(card, why));
        }
    }
    device::attach(&pdev, target)
        .inspect(|()| dev_info!(pdev, "moved to {}\n", target.name()))
        .inspect_err(|error| {
            dev_err!(
                pdev,
                "not moved to {}: error {}\n",
                target.name(),
                error.to_errno()
            );
        })
}

/// Takes a function from its driver. Returns whether the driver let go of it in time. With
/// [`Pause::Doze`] that is not left undone because the writer is killed.
///
/// Removals of other drivers are not ours: vfio's waits for ever for programs that have a device
/// open. None had when it was looked at, but one may come between the look and the removal, by
/// /dev/vfio/devices. Then the function goes back to its driver when the program is gone.
fn release(pdev: &ARef<pci::Device>, driver: &DriverRef, pause: Pause) -> Result<bool> {
    if ours::has(pdev) {
        device::release_driver(pdev);
        return Ok(true);
    }

    let owner = driver.reference(&MODULE).ok_or(EBUSY)?;
    let (device, again) = (pdev.clone(), pdev.clone());

    let released = detached::call(
        &MODULE,
        c"vga_stub_move",
        RELEASE_LIMIT,
        pause,
        move || device::release_driver(&device),
        move || {
            if give(&again, &owner).is_ok() {
                dev_info!(again, "let go at last, and back with {}\n", owner.name());
            }
        },
    );

    // There is no thread for it, for want of memory or as the writer is killed.
    if released.is_err() && pause == Pause::Doze {
        device::release_driver(pdev);
        return Ok(true);
    }
    released
}

/// Gives a function that has no driver to one.
fn give(pdev: &pci::Device, driver: &DriverRef) -> Result {
    let _override = Override::set(pdev, driver)?;

    device::attach(pdev, driver)
}

/// Gives a function back to the driver that it had, if it has another now, or none. One that had
/// none is left where it is. No signal ends this: the others are back already, or will be.
fn put_back(candidate: &Candidate) {
    let pdev = &candidate.pdev;
    let Some(former) = &candidate.former else {
        return;
    };
    let back = || {
        let now = lock(pdev, Pause::Doze)
            .map_err(|_| EBUSY)?
            .driver(&MODULE)?;

        if let Some(now) = now {
            if !release(pdev, &now, Pause::Doze)? {
                return Err(EBUSY);
            }
        }
        give(pdev, former)
    };

    if !former.drives(pdev) && back().is_err() {
        dev_err!(pdev, "not put back to {}\n", former.name());
    }
}
