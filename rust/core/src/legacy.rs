// SPDX-License-Identifier: GPL-2.0

//! Who has the legacy VGA ranges while a guest has a card, and where each choice is sound.
//!
//! The ranges are I/O 0x3b0-0x3df and memory 0xa0000-0xbffff. Cycles to them reach a card only if
//! each bridge above it forwards them (`PCI_BRIDGE_CTL_VGA`); on a root bus they always do.

use crate::decode::Kind;

/// What a card's guest does with the ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Choice {
    /// It asks the VGA arbiter for them at each access, as QEMU's `x-vga=on` does through vfio.
    Arbitrated = 0,
    /// It never uses them, as OVMF's guests.
    None = 1,
    /// It uses them and never asks, as under Xen's `gfx_passthru`.
    Owned = 2,
}

impl Choice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Arbitrated, Self::None, Self::Owned];

    /// Reads what was written to the file `legacy`, or given as the parameter of that name. Blanks
    /// and line ends around the word do not count.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let word = text.trim_ascii();

        Self::ALL
            .into_iter()
            .find(|choice| choice.as_str().as_bytes() == word)
    }

    /// Returns the word as it stands in the file `legacy`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Arbitrated => "arbitrated",
            Self::None => "none",
            Self::Owned => "owned",
        }
    }

    /// Returns the choice whose number this is, and [`Choice::Arbitrated`] for any other number.
    pub const fn from_number(number: u32) -> Self {
        match number {
            1 => Self::None,
            2 => Self::Owned,
            _ => Self::Arbitrated,
        }
    }

    /// Returns the choice as it is carried out. pciback's guests never ask the arbiter: where
    /// nothing else is said, the ranges are theirs, so that they cannot draw on a card of the host.
    pub const fn in_force(self, pciback: bool) -> Self {
        match self {
            Self::Arbitrated if pciback => Self::Owned,
            choice => choice,
        }
    }
}

/// Where a VGA card is: whether the arbiter can keep legacy cycles from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On a root bus: nothing keeps them from the card while its COMMAND is on.
    RootBus,
    /// Another VGA card is behind the bridge right above it, at any depth: what reaches that card
    /// passes this one's bus.
    Shared,
    /// Alone behind a bridge, which keeps them away or lets them pass (`bridge_has_one_vga` in
    /// drivers/pci/vgaarb.c).
    Alone,
}

impl Place {
    /// Returns the place of a card. `bridge` says whether there is a bridge above it, `others` how
    /// many other VGA cards have that bridge above them.
    pub const fn new(bridge: bool, others: usize) -> Self {
        match (bridge, others) {
            (false, _) => Self::RootBus,
            (true, 0) => Self::Alone,
            (true, _) => Self::Shared,
        }
    }
}

/// Why a choice is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `none`, and the card is on a root bus.
    RootBus,
    /// `none`, and another VGA card is behind the same bridge.
    Shared,
    /// The function is no VGA card.
    NoVga,
}

impl Refusal {
    /// Returns the reason, for the log.
    pub const fn message(self) -> &'static str {
        match self {
            Self::RootBus => {
                "it is on a root bus, where legacy VGA cycles reach it whenever its guest has it \
                 decode"
            }
            Self::Shared => {
                "another VGA card is behind the same bridge, so that legacy VGA cycles reach this \
                 one, too"
            }
            Self::NoVga => {
                "it is no VGA card and has no legacy VGA ranges; only \"none\" can be written"
            }
        }
    }
}

/// Returns the choice for a function where nobody has said anything else: what the parameter says
/// for VGA cards, and [`Choice::None`] for others, which have no legacy ranges.
pub const fn default(kind: Kind, parameter: Choice) -> Choice {
    match kind {
        Kind::Vga => parameter,
        Kind::Display | Kind::Companion => Choice::None,
    }
}

/// Returns why a choice is refused for a function, if it is.
///
/// `none` has the arbiter count a card as decoding nothing. So nobody makes the card stop answering
/// when others own the ranges, which is sound only where a bridge keeps the cycles away.
pub const fn refusal(choice: Choice, kind: Kind, place: Place) -> Option<Refusal> {
    match (kind, choice, place) {
        (Kind::Vga, Choice::None, Place::RootBus) => Some(Refusal::RootBus),
        (Kind::Vga, Choice::None, Place::Shared) => Some(Refusal::Shared),
        (Kind::Vga, _, _) | (_, Choice::None, _) => None,
        (Kind::Display | Kind::Companion, _, _) => Some(Refusal::NoVga),
    }
}
