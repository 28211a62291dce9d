// SPDX-License-Identifier: GPL-2.0

//! Which functions move together, in which order, which one is in the way, and what is undone.
//!
//! A move is a hand-off (from us to a target driver) or a reclaim (from a holder to us). Its unit
//! is the card: every claimed function of the slot, and with each of them its whole IOMMU group; or
//! one group only: see [`Scope`]. All of it moves, or nothing.
//!
//! It is decided here before anything moves: [`Direction::refusal`] says of each member whether it
//! is in the way, [`next`] which one moves next, and if that fails, [`back`] which ones move back.
//!
//! [`Binding::Given`] and [`Binding::Open`] are for users of which no DMA ownership tells. They do
//! not forbid to hand others off: Xen gives each function away by itself, and an open vfio device
//! that no program drives yet keeps nobody else from the group.
//!
//! The other users of a group are not for us to find out but for the IOMMU core's DMA ownership, by
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
    /// A holder, and a program has it open through vfio.
    Open,
    /// pciback, which has given it to another domain.
    Given,
    /// A driver that works with the device.
    Other,
}

/// A function that a move concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// What it is.
    pub kind: Kind,
    /// Whether it was claimed by vga-stub, be it held, handed off or unbound now. What was not
    /// claimed is never moved.
    pub claimed: bool,
    /// Whether it is the one whose file was written to.
    pub asked: bool,
    /// Who has it.
    pub binding: Binding,
    /// Whether the driver that it is to go to has it.
    pub arrived: bool,
    /// Whether it answers to reads of its configuration space.
    pub answers: bool,
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

    /// Returns whether a member is taken from a driver, so that its group must not be in use, nor
    /// be used meanwhile.
    #[inline]
    pub const fn takes(self, member: &Member) -> bool {
        self.moves(member) && !matches!(member.binding, Binding::Unbound)
    }

    /// Returns why a member is in the way of the whole move.
    #[inline]
    pub const fn refusal(self, member: &Member) -> Option<Refusal> {
        match (self, member.binding) {
            (Self::HandOff, Binding::Other) => Some(Refusal::Bound),
            (Self::HandOff, Binding::Held) if member.claimed && !member.answers => {
                Some(Refusal::Silent)
            }
            (Self::HandOff, Binding::Held) => None,
            // A hand-off moves what is held. The function that it was asked of is to be where it is
            // to go afterwards.
            (Self::HandOff, _) if member.asked && !member.arrived => Some(Refusal::NotHeld),
            (Self::Reclaim, Binding::Other) if member.claimed => Some(Refusal::Bound),
            (Self::Reclaim, Binding::Open) if member.claimed => Some(Refusal::Open),
            (Self::Reclaim, Binding::Given) if member.claimed => Some(Refusal::Given),
            _ => None,
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

/// Returns the index of the member that moves when `done` have moved; [`None`] if that was all.
///
/// Companions, displays, VGA cards for a hand-off, the other way round for a reclaim; the given
/// order among equals.
#[inline]
pub fn next<M: AsRef<Member>>(direction: Direction, members: &[M], done: usize) -> Option<usize> {
    order(direction, members).nth(done)
}

/// Returns the indices of the members to be moved back, in that order, when the move of the last of
/// `begun` failed: that one, which is where it was or unbound, and then those before it, the last
/// one first.
///
/// `members` is as it was before the move.
#[inline]
pub fn back<M: AsRef<Member>>(
    direction: Direction,
    members: &[M],
    begun: usize,
) -> impl Iterator<Item = usize> + '_ {
    (0..begun.min(members.len()))
        .rev()
        .filter_map(move |nth| order(direction, members).nth(nth))
}

/// Returns the indices of the members that move, in their order.
fn order<M: AsRef<Member>>(
    direction: Direction,
    members: &[M],
) -> impl Iterator<Item = usize> + '_ {
    (0..=LAST_TURN).flat_map(move |turn| {
        (0..members.len()).filter(move |&index| {
            members
                .get(index)
                .map(AsRef::as_ref)
                .is_some_and(|member| direction.moves(member) && direction.turn(member) == turn)
        })
    })
}

/// How much moves along with a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every claimed function of its slot, each with its whole IOMMU group. A virtual function is a
    /// card of its own.
    Card,
    /// Its IOMMU group.
    Group,
}

/// What was written to `handoff` or `reclaim`: a word, and how much is to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request<'a> {
    /// The first word.
    pub word: &'a [u8],
    /// The second; the card if there is none.
    pub scope: Scope,
}

impl<'a> Request<'a> {
    /// Takes a text apart: `WORD`, `WORD card` or `WORD group`. Blanks and line ends around the
    /// words do not count.
    #[inline]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut words = text
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let word = words.next()?;
        let scope = match words.next() {
            None | Some(b"card") => Scope::Card,
            Some(b"group") => Scope::Group,
            Some(_) => return None,
        };

        words.next().is_none().then_some(Self { word, scope })
    }
}

/// The longest driver name that is looked for, in bytes.
pub const MAX_NAME: usize = 64;

/// Returns whether a word can be a driver's name: up to [`MAX_NAME`] printable ASCII characters
/// without `/`.
#[inline]
pub fn is_name(word: &[u8]) -> bool {
    (1..=MAX_NAME).contains(&word.len())
        && word
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'/')
}

/// Returns whether two names are the same but for `-` and `_`, as they are to modprobe: the module
/// of the driver vfio-pci is called vfio_pci.
#[inline]
pub fn is_same_name(one: &[u8], other: &[u8]) -> bool {
    let plain = |byte: &u8| if *byte == b'_' { b'-' } else { *byte };

    one.iter().map(plain).eq(other.iter().map(plain))
}

/// Why nothing moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// What was written to `handoff` cannot be meant.
    HandOffText,
    /// `1` was written to `handoff`, and what the parameter `handoff=` says cannot be meant.
    HandOffParameter,
    /// What was written to `reclaim` cannot be meant.
    ReclaimText,
    /// There is no driver of that name.
    NoDriver,
    /// There is no driver of that name, and its module may not be loaded.
    NotLoaded,
    /// The driver is vga-stub.
    Ourselves,
    /// The driver does not hold devices for guests.
    NoHolder,
    /// A member is bound to a driver that works with it.
    Bound,
    /// A member has been given to another domain.
    Given,
    /// A program has a member open.
    Open,
    /// The function that a hand-off was asked of is not held.
    NotHeld,
    /// A member does not answer.
    Silent,
    /// The function that a move was asked of is gone.
    Gone,
    /// Somebody else has had a member locked for long.
    Locked,
    /// The writer got a signal while it waited for a member.
    Interrupted,
    /// A member has a driver whose module is being loaded or unloaded.
    Unsettled,
    /// A member has another driver than it had when the move began.
    Changed,
    /// A member's driver does not let go of it.
    Stuck,
    /// An IOMMU group is in use.
    GroupInUse,
    /// The firmware keeps memory mapped for an IOMMU group (RMRR), which no guest can be given.
    GroupReserved,
    /// An IOMMU group could not be taken, for an error of the kernel's own.
    GroupFailed,
}

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// `EBUSY`
    Busy,
    /// `EINTR`
    Interrupted,
    /// `EINVAL`
    Invalid,
    /// `ENODEV`
    NoDevice,
    /// `EPERM`
    NotPermitted,
    /// That of the call that failed.
    Same,
}

impl Refusal {
    /// Returns what is wrong, to be read after the name of what it is about: a function, a driver,
    /// an IOMMU group, or the file that was written to. A message that ends in a blank is followed
    /// by another name.
    pub const fn message(self) -> &'static str {
        match self {
            Self::HandOffText => "takes a driver's name, or 1, and then \"card\" or \"group\"",
            Self::HandOffParameter => {
                "takes no 1, as the parameter handoff= is no driver's name; write one"
            }
            Self::ReclaimText => "takes 1, and then \"card\" or \"group\"",
            Self::NoDriver => "is no driver's name",
            Self::NotLoaded => "is no driver's name, and loading its module takes CAP_SYS_MODULE",
            Self::Ourselves => {
                "is this module's own driver; write 1 to reclaim to take a card back"
            }
            Self::NoHolder => "does not hold devices for guests",
            Self::Bound => "is bound to ",
            Self::Given => "is in use by another domain, to which it was given by ",
            Self::Open => "is in use: a program has it open, by its group or as ",
            Self::NotHeld => "is not held; it has ",
            Self::Silent => "does not answer",
            Self::Gone => "is gone",
            Self::Locked => "is busy: somebody has had it locked for a second",
            Self::Interrupted => "was waited for until a signal came",
            Self::Unsettled => "has a driver whose module is being loaded or unloaded",
            Self::Changed => "has changed hands meanwhile",
            Self::Stuck => "has not been let go in time; it stays with ",
            Self::GroupInUse => "is in use",
            Self::GroupReserved => "has memory that the firmware reserves (RMRR): not for guests",
            Self::GroupFailed => "could not be taken",
        }
    }

    /// Returns the error number that the write gets.
    pub const fn errno(self) -> Errno {
        match self {
            Self::HandOffText
            | Self::HandOffParameter
            | Self::ReclaimText
            | Self::Ourselves
            | Self::NoHolder
            | Self::GroupReserved => Errno::Invalid,
            Self::NoDriver | Self::Silent | Self::Gone => Errno::NoDevice,
            Self::NotLoaded => Errno::NotPermitted,
            Self::Bound
            | Self::Given
            | Self::Open
            | Self::NotHeld
            | Self::Locked
            | Self::Unsettled
            | Self::Changed
            | Self::Stuck
            | Self::GroupInUse => Errno::Busy,
            Self::Interrupted => Errno::Interrupted,
            Self::GroupFailed => Errno::Same,
        }
    }
}

impl AsRef<Member> for Member {
    fn as_ref(&self) -> &Self {
        self
    }
}
