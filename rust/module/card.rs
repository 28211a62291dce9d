// SPDX-License-Identifier: GPL-2.0

//! A claimed function: what is remembered of it from its first claim until the PCI device or the
//! module goes.

use crate::{
    abstractions::{
        device,
        iommu::Group,
        pci::{
            CoreExt as _,
            DeviceExt as _, //
        }, //
    },
    bars,
    holder,
    ours,
    rom::{
        self,
        Rom, //
    }, //
};
use kernel::{
    device::Core,
    pci,
    sync::aref::ARef, //
};
use vga_stub_core::decode::{
    self,
    Kind,
    COMMAND_DECODE, //
};

/// A claimed function.
pub(crate) struct Card {
    pdev: ARef<pci::Device>,
    /// Its IOMMU group; [`None`] without an IOMMU.
    pub(crate) group: Option<Group>,
    /// What it is.
    pub(crate) kind: Kind,
    /// COMMAND as it was found, or as it must have been.
    pub(crate) found: u16,
    /// Whether another card on its bus, which no bridge keeps apart from it, answered in the legacy
    /// ranges as well.
    pub(crate) shared: bool,
    /// What was captured of its ROM.
    pub(crate) rom: Rom,
}

impl Card {
    /// Notes a function as it is found, in D0 and before anything of it is changed.
    pub(crate) fn new(pdev: &pci::Device<Core<'_>>, kind: Kind, shared: bool) -> Self {
        // Without valid addresses nobody would switch it on.
        let decode = bars::may_decode(pdev, COMMAND_DECODE).unwrap_or(0);

        Self {
            pdev: pdev.into(),
            group: Group::of(pdev),
            kind,
            found: decode::derive(pdev.command(), decode),
            shared,
            rom: match kind {
                // Virtual functions have no ROM BAR.
                _ if pdev.is_virtual_function() => Rom::none(),
                Kind::Companion => Rom::none(),
                Kind::Vga | Kind::Display => rom::capture(pdev),
            },
        }
    }

    /// Returns the PCI device.
    pub(crate) fn pdev(&self) -> &pci::Device {
        &self.pdev
    }

    /// Returns who has the function. Read off the device at each call, never stored.
    #[inline(never)]
    pub(crate) fn state(&self) -> State {
        if ours::has(&self.pdev) {
            State::Held
        } else if !device::has_driver(&self.pdev) {
            State::Unbound
        } else if holder::has(&self.pdev) {
            State::HandedOff
        } else {
            State::Host
        }
    }
}

/// Who has a claimed function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// vga-stub.
    Held,
    /// A driver that holds devices for guests.
    HandedOff,
    /// A driver of the host.
    Host,
    /// Nobody.
    Unbound,
}

impl State {
    /// Returns the word as it stands in the file `state`.
    #[inline(never)]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::HandedOff => "handed-off",
            Self::Host => "host",
            Self::Unbound => "unbound",
        }
    }
}
