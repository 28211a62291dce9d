// SPDX-License-Identifier: GPL-2.0

//! Moves the functions of an IOMMU group to another driver and back: all of them, or none.
//!
//! Locks: the move mutex, then one device's lock at a time. Probe, removal and the bus's listeners
//! never take the move mutex, as they run inside a move; they may take the gate's, which is held
//! shortly.

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
        iommu::{
            DmaOwnership,
            Group, //
        },
        modules,
        pci::DeviceExt as _, //
    },
    card::{
        self,
        Card, //
    },
    driver::{
        HANDLE,
        NAME, //
    },
    parameters, //
};
use kernel::{
    pci,
    prelude::*,
    str::CString,
    sync::aref::ARef,
    time::{
        delay::fsleep,
        Delta, //
    }, //
};

static_mutex! {
    /// Held during a move, so that there is one at a time.
    mod moves: () = ();
}

static_mutex! {
    /// The DMA ownership of the group that is being moved, for as long as the move and the group
    /// last.
    mod gate: Option<DmaOwnership> = None;
}

/// The longest driver name that is looked for, in bytes.
const MAX_NAME: usize = 64;

/// How often a device is tried that somebody else has locked.
const LOCK_TRIES: u32 = 100;

/// How long to wait between two tries, in milliseconds.
const LOCK_PAUSE: i64 = 10;

/// Makes the locks ready. To be called before the first card has a folder.
pub(crate) fn init() {
    moves::init();
    gate::init();
}

/// Takes what was written to the file `handoff`: the name of a driver, or `1` for the default one.
///
/// # Errors
///
/// `EINVAL`: the text is no name, or the driver is not made to hold devices for guests. `ENODEV`:
/// there is no such driver. `EBUSY`: a member of the group is in use or has another driver. Those
/// of the driver's probe.
pub(crate) fn handoff(card: &Card, text: &[u8]) -> Result {
    let name = match text.trim_ascii() {
        b"1" => parameters::HANDOFF.get().to_bytes(),
        name => name,
    };
    let ours = ours()?;
    let target = find_target(card.pdev(), name)?;
    let _moving = moves::lock()?;
    let movers = plan_handoff(card, &target)?;

    carry_out(card, &movers, &target, Some(&ours))
}

/// Takes what was written to the file `reclaim`: `1`.
///
/// # Errors
///
/// `EINVAL`: other text. `EBUSY`: a member of the group is in use, or has a driver that is not made
/// to hold devices for guests. `ENODEV`: the module is on its way out.
pub(crate) fn reclaim(card: &Card, text: &[u8]) -> Result {
    if text.trim_ascii() != b"1" {
        dev_err!(card.pdev(), "reclaim: only 1 can be written\n");
        return Err(EINVAL);
    }

    let ours = ours()?;
    let _moving = moves::lock()?;
    let movers = plan_reclaim(card)?;

    carry_out(card, &movers, &ours, None)
}

/// Gives the DMA ownership back if the group that is being moved loses a device: it must be no
/// one's when the last one goes.
pub(crate) fn forget(pdev: &pci::Device) {
    if let Ok(mut gate) = gate::lock() {
        drop(gate.take_if(|ownership| ownership.covers(pdev)));
    }
}

/// Returns our own driver, with a reference to this module, so that it stays during a move.
fn ours() -> Result<DriverRef> {
    DriverRef::find(NAME).ok_or(ENODEV)
}

/// Finds a driver to hand a card to, after one try to load its module.
fn find_target(pdev: &pci::Device, name: &[u8]) -> Result<DriverRef> {
    let plausible = !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte));

    if !plausible || name == NAME.to_bytes() {
        dev_err!(pdev, "handoff: write the name of a driver, or 1\n");
        return Err(EINVAL);
    }

    let name = core::str::from_utf8(name).map_err(|_| EINVAL)?;
    let name = CString::try_from_fmt(fmt!("{}", name))?;
    let target = DriverRef::find(&name).or_else(|| {
        modules::request(&name);
        DriverRef::find(&name)
    });
    let Some(target) = target else {
        dev_err!(pdev, "handoff: no driver {}\n", &*name);
        return Err(ENODEV);
    };

    // pcieport manages DMA too, but for the devices below it.
    if !target.manages_dma() || target.name() == c"pcieport" {
        dev_err!(pdev, "handoff: {} does not hold devices for guests\n", &*name);
        return Err(EINVAL);
    }
    Ok(target)
}

/// A function that is to change its driver.
struct Mover {
    pdev: ARef<pci::Device>,
    /// The driver that it has; [`None`] if it has none.
    former: Option<DriverRef>,
}

/// The driver that a function has.
struct Holder {
    name: CString,
    manages_dma: bool,
}

/// Waits for a device's lock, but not for ever.
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

fn holder(pdev: &pci::Device) -> Result<Option<Holder>> {
    let locked = lock(pdev)?;

    locked
        .driver()
        .map(|driver| {
            Ok(Holder {
                name: CString::try_from_fmt(fmt!("{}", driver.name()))?,
                manages_dma: driver.manages_dma(),
            })
        })
        .transpose()
}

/// Returns the functions that the IOMMU cannot tell from a card, the card included. Without an
/// IOMMU, those of its slot that are claimed.
fn members(card: &Card) -> Result<KVec<ARef<pci::Device>>> {
    let pdev = card.pdev();

    if let Some(group) = Group::of(pdev) {
        return group.members();
    }

    let mut members = KVec::new();
    let mut result = Ok(());

    bus::for_each_device(|other| {
        if result.is_ok() && other.same_slot(pdev) && card::find(other).is_some() {
            result = members.push(other.into(), GFP_KERNEL);
        }
    });
    result?;
    Ok(members)
}

/// Says who goes to another driver: what is held, and the card itself if it has no driver.
///
/// By vfio's rule (`iommu_group_claim_dma_owner()`, drivers/iommu/iommu.c) a member stands in the
/// way that is bound to a driver which uses the kernel's DMA interface. Unbound ones and bridges do
/// not.
fn plan_handoff(card: &Card, target: &DriverRef) -> Result<KVec<Mover>> {
    let mut movers = KVec::new();

    for pdev in members(card)? {
        let is_card = pdev.raw() == card.pdev().raw();

        match holder(&pdev)? {
            None if is_card => movers.push(Mover { pdev, former: None }, GFP_KERNEL)?,
            None => {}
            Some(_) if HANDLE.drives(&pdev) => {
                movers.push(Mover { pdev, former: Some(ours()?) }, GFP_KERNEL)?;
            }
            Some(_) if target.drives(&pdev) => {}
            Some(holder) if is_card || !holder.manages_dma => {
                dev_err!(
                    card.pdev(),
                    "handoff: {} is bound to {}; nothing moved\n",
                    pdev.as_ref().name(),
                    &*holder.name
                );
                return Err(EBUSY);
            }
            Some(_) => {}
        }
    }
    Ok(movers)
}

/// Says who comes back: every member that was claimed once and is not held.
fn plan_reclaim(card: &Card) -> Result<KVec<Mover>> {
    let mut movers = KVec::new();

    for pdev in members(card)? {
        if card::find(&pdev).is_none() || HANDLE.drives(&pdev) {
            continue;
        }
        let former = match holder(&pdev)? {
            None => None,
            Some(holder) if holder.manages_dma => {
                Some(DriverRef::find(&holder.name).ok_or(EBUSY)?)
            }
            Some(holder) => {
                dev_err!(
                    card.pdev(),
                    "reclaim: {} is bound to {}, which does not hold devices for guests; \
                     nothing moved\n",
                    pdev.as_ref().name(),
                    &*holder.name
                );
                return Err(EBUSY);
            }
        };

        movers.push(Mover { pdev, former }, GFP_KERNEL)?;
    }
    Ok(movers)
}

/// Moves all, or none. `undo` is where a function goes that had no driver, should a later one fail.
fn carry_out(
    card: &Card,
    movers: &[Mover],
    target: &DriverRef,
    undo: Option<&DriverRef>,
) -> Result {
    if let Some(first) = movers.first() {
        close_gate(card, &first.pdev)?;
    }

    let result = shift_all(movers, target, undo);

    // Not before the last one has moved: from here on a guest may have them.
    drop(gate::lock()?.take());
    result
}

/// Makes sure that nobody uses the group, nor will during the move.
fn close_gate(card: &Card, pdev: &pci::Device) -> Result {
    let Some(group) = Group::of(pdev) else {
        return Ok(());
    };
    let id = group.id();
    let locked = lock(pdev)?;
    let mut gate = gate::lock()?;

    *gate = Some(group.claim_dma(&locked).inspect_err(|_| {
        dev_err!(card.pdev(), "IOMMU group {} is in use; nothing moved\n", id);
    })?);
    Ok(())
}

fn shift_all(movers: &[Mover], target: &DriverRef, undo: Option<&DriverRef>) -> Result {
    for (index, mover) in movers.iter().enumerate() {
        let Err(error) = shift(&mover.pdev, target) else {
            dev_info!(mover.pdev, "moved to {}\n", target.name());
            continue;
        };

        dev_err!(
            mover.pdev,
            "not moved to {}: error {}\n",
            target.name(),
            error.to_errno()
        );
        for done in movers.iter().take(index.saturating_add(1)).rev() {
            put_back(done, undo);
        }
        return Err(error);
    }
    Ok(())
}

/// Takes a function from its driver, if it has one, and gives it to another. If that fails it is
/// left without.
fn shift(pdev: &pci::Device, target: &DriverRef) -> Result {
    // Whoever has the device locked may have it for long; then nothing is begun.
    drop(lock(pdev)?);

    // Drivers like vfio-pci only take devices that are meant for them by name.
    let _override = Override::set(pdev, target)?;

    device::release_driver(pdev);
    device::attach(pdev, target)
}

fn put_back(mover: &Mover, undo: Option<&DriverRef>) {
    let Some(former) = mover.former.as_ref().or(undo) else {
        return device::release_driver(&mover.pdev);
    };

    if former.drives(&mover.pdev) {
        return;
    }
    if let Err(error) = shift(&mover.pdev, former) {
        dev_err!(
            mover.pdev,
            "not put back to {}: error {}; it has no driver now\n",
            former.name(),
            error.to_errno()
        );
    }
}
