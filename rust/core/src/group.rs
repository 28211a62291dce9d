// SPDX-License-Identifier: GPL-2.0

//! Which members of an IOMMU group move, in which order, which one forbids it, and what is undone.
//!
//! A move is a hand-off (from us to the target driver) or a reclaim (from a holder to us), of all
//! members or none. It is decided here before anything moves: first [`blocker`], then [`moves`] one
//! by one, and if one of them fails, [`undo`].
//!
//! [`Binding::InUse`] is for holders of which no DMA ownership tells it: pciback. It does not forbid to
//! hand others off, since Xen gives each function away by itself.
//!
//! Who forbids a hand-off is not for us to say but for the DMA ownership of the IOMMU core, by
//! which vfio goes: `iommu_device_use_default_domain()` in drivers/iommu/iommu.c counts every
//! driver that does not set `driver_managed_dma`, and `iommu_group_claim_dma_owner()` fails while
//! there is one. Unbound functions do not count, nor do bridges: their driver, pcieport, sets it.

use crate::decode::Kind;

/// Who has a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// No driver.
    Unbound,
    /// vga-stub.
    Held,
    /// Another driver that sets `driver_managed_dma` (vfio-pci and its variants, pci-stub,
    /// pcieport), or pciback: a holder, which can have it and from which it can be taken.
    Holder,
    /// A holder, and a virtual machine uses the device, so that it cannot be taken from there.
    InUse,
    /// A driver that works with the device.
    Other,
}

/// A member of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub kind: Kind,
    /// Whether it was claimed by vga-stub, be it held, handed off or unbound now. What was not
    /// claimed is never moved.
    pub claimed: bool,
    /// Who has it.
    pub binding: Binding,
}

/// Where a move goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From us to the target driver.
    HandOff,
    /// From a holder, or from nobody, to us.
    Reclaim,
}

impl Direction {
    /// Returns whether a member moves.
    #[inline]
    pub const fn moves(self, member: &Member) -> bool {
        member.claimed
            && match self {
                Self::HandOff => matches!(member.binding, Binding::Held),
                Self::Reclaim => matches!(member.binding, Binding::Holder | Binding::Unbound),
            }
    }

    /// Returns whether a member forbids the move.
    #[inline]
    pub const fn is_forbidden_by(self, member: &Member) -> bool {
        match self {
            Self::HandOff => matches!(member.binding, Binding::Other),
            Self::Reclaim => {
                member.claimed && matches!(member.binding, Binding::Other | Binding::InUse)
            }
        }
    }

    /// Returns when a member's turn is: lower goes first, at most [`LAST_TURN`].
    ///
    /// A VGA card is the one whose move others notice, by what it decodes: it is given away when
    /// all else is known to work, and taken back before all else.
    #[inline]
    pub const fn turn(self, member: &Member) -> u8 {
        let turn = match member.kind {
            Kind::Companion => 0,
            Kind::Display => 1,
            Kind::Vga => LAST_TURN,
        };
        match self {
            Self::HandOff => turn,
            Self::Reclaim => LAST_TURN.saturating_sub(turn),
        }
    }
}

/// The last of the turns in which members move.
pub const LAST_TURN: u8 = 2;

/// Returns the index of the first member that forbids a move, so that nothing is to be moved at
/// all.
///
/// Whether something is in use is not told by this.
#[inline]
pub fn blocker(direction: Direction, members: &[Member]) -> Option<usize> {
    (0..members.len()).find(|&index| {
        members
            .get(index)
            .is_some_and(|member| direction.is_forbidden_by(member))
    })
}

/// Returns the indices of the members that move, in the order in which they do: companions,
/// displays, VGA cards for a hand-off, the other way round for a reclaim; the given order among
/// equals.
#[inline]
pub fn moves(direction: Direction, members: &[Member]) -> impl Iterator<Item = usize> + Clone + '_ {
    (0..=LAST_TURN).flat_map(move |turn| {
        (0..members.len()).filter(move |&index| {
            members
                .get(index)
                .is_some_and(|member| direction.moves(member) && direction.turn(member) == turn)
        })
    })
}

/// Returns the indices of the members to be moved back, in that order, when the first `done` of
/// [`moves`] worked and the next did not: the last one first.
///
/// `members` is as it was before the move. A member whose move fails is where it was, or unbound:
/// it is the caller's to bring back first.
#[inline]
pub fn undo(
    direction: Direction,
    members: &[Member],
    done: usize,
) -> impl Iterator<Item = usize> + '_ {
    (0..done.min(members.len()))
        .rev()
        .filter_map(move |nth| moves(direction, members).nth(nth))
}
