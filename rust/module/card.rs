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
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        }, //
    }, //
};
use vga_stub_core::{
    decode::{
        self,
        Kind,
        COMMAND_DECODE, //
    },
    legacy::Choice, //
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
    /// What `legacy` says: a [`Choice`].
    legacy: Atomic<u32>,
    /// What became of [`Choice::Owned`]: a [`Ranges`].
    ranges: Atomic<u32>,
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
            legacy: Atomic::new(Choice::Arbitrated as u32),
            ranges: Atomic::new(Ranges::NotWanted as u32),
        }
    }

    /// Returns the choice of who has the legacy ranges while a guest has the card.
    pub(crate) fn chosen(&self) -> Choice {
        Choice::from_number(self.legacy.load(Relaxed))
    }

    /// Notes a choice; see `legacy.rs` for what else it takes.
    pub(crate) fn choose(&self, choice: Choice) {
        self.legacy.store(choice as u32, Relaxed);
    }

    /// Returns whether the card's guest has the legacy ranges, if it is to own them.
    pub(crate) fn ranges(&self) -> Ranges {
        Ranges::from_number(self.ranges.load(Relaxed))
    }

    /// Notes that.
    pub(crate) fn set_ranges(&self, ranges: Ranges) {
        self.ranges.store(ranges as u32, Relaxed);
    }

    /// Notes that, if it was something else; returns whether it was.
    pub(crate) fn replace_ranges(&self, former: Ranges, ranges: Ranges) -> bool {
        self.ranges
            .cmpxchg(former as u32, ranges as u32, Relaxed)
            .is_ok()
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

/// Whether the guest that has a card has the legacy ranges, if it is to own them.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Ranges {
    /// It is not to.
    NotWanted = 0,
    /// It is to have them.
    Wanted = 1,
    /// It has got them; who asks the arbiter later gets them.
    Has = 2,
    /// It could not get them.
    Refused = 3,
    /// It had them, and somebody else has taken them.
    Taken = 4,
}

impl Ranges {
    fn from_number(number: u32) -> Self {
        match number {
            1 => Self::Wanted,
            2 => Self::Has,
            3 => Self::Refused,
            4 => Self::Taken,
            _ => Self::NotWanted,
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
