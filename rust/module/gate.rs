// SPDX-License-Identifier: GPL-2.0

//! Who may use an IOMMU group during a move: nobody but the move.
//!
//! The gate's mutex is held shortly and taken last, also by the bus's listeners.

use crate::abstractions::{
    device::Locked,
    iommu::{
        DmaOwnership,
        Group, //
    }, //
};
use kernel::{
    pci,
    prelude::*, //
};

static_mutex! {
    /// The DMA ownership of the group that is being moved, for as long as the move and the group
    /// last.
    mod gate: Option<DmaOwnership> = None;
}

/// Makes the mutex ready. To be called before the first move.
pub(crate) fn init() {
    gate::init();
}

/// Takes a group's DMA ownership until [`open`]. `member` is one of the group's devices.
///
/// # Errors
///
/// `EBUSY`: somebody uses the group. `ENODEV`: the member is on its way out. `ENOMEM`, or what the
/// IOMMU's driver says.
pub(crate) fn close(group: Group, member: &Locked<'_>) -> Result {
    let mut gate = gate::lock()?;

    *gate = Some(group.claim_dma(member)?);
    Ok(())
}

/// Gives the DMA ownership back, if it is still ours.
///
/// # Errors
///
/// `ENODEV`: [`init`] was not called.
pub(crate) fn open() -> Result {
    drop(gate::lock()?.take());
    Ok(())
}

/// Gives the DMA ownership back if the group that is being moved loses a device: it must be no
/// one's when the last one goes.
pub(crate) fn forget(pdev: &pci::Device) {
    if let Ok(mut gate) = gate::lock() {
        drop(gate.take_if(|ownership| ownership.covers(pdev)));
    }
}
