// SPDX-License-Identifier: GPL-2.0

//! Who may use the IOMMU groups of a card during a move: nobody but the move.
//!
//! The gates' mutex is held shortly and taken last, also by the bus's listeners.

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
    /// The DMA ownership of each group that is being moved, for as long as the move and the group
    /// last.
    mod gates: KVec<DmaOwnership> = KVec::new();
}

/// Makes the mutex ready. To be called before the first move.
pub(crate) fn init() {
    gates::init();
}

/// The gates that a move has closed; dropping this opens them.
pub(crate) struct Closed(());

impl Closed {
    /// Starts with none.
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// Takes a group's DMA ownership. `member` is one of the group's devices.
    ///
    /// # Errors
    ///
    /// See [`Group::claim_dma`].
    pub(crate) fn close(&mut self, group: &Group, member: &Locked<'_>) -> Result {
        let mut gates = gates::lock()?;

        gates.reserve(1, GFP_KERNEL)?;
        gates
            .push_within_capacity(group.claim_dma(member)?)
            .map_err(|_| ENOMEM)
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        if let Ok(mut gates) = gates::lock() {
            // The memory goes, too: nobody drops a static.
            drop(core::mem::take(&mut *gates));
        }
    }
}

/// Gives the DMA ownership back if a group that is being moved loses a device: it must be no one's
/// when the last one goes.
pub(crate) fn forget(pdev: &pci::Device) {
    if let Ok(mut gates) = gates::lock() {
        gates.retain(|ownership| !ownership.covers(pdev));
    }
}
