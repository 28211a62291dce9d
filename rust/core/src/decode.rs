// SPDX-License-Identifier: GPL-2.0

//! Which cards are claimed, what they decode, and who gets the legacy VGA ranges.
//!
//! Class codes are those of `struct pci_dev`: base class, subclass and interface, 24 bits. COMMAND
//! is the 16-bit register at offset 4 of the configuration space; its bits are named as in
//! include/uapi/linux/pci_regs.h.

/// `PCI_COMMAND_IO`: the card answers in I/O space.
pub const COMMAND_IO: u16 = 0x1;
/// `PCI_COMMAND_MEMORY`: the card answers in memory space.
pub const COMMAND_MEMORY: u16 = 0x2;
/// `PCI_COMMAND_MASTER`: the card may start transfers.
pub const COMMAND_MASTER: u16 = 0x4;
/// `PCI_COMMAND_INTX_DISABLE`: the card raises no INTx.
pub const COMMAND_INTX_DISABLE: u16 = 0x400;

/// Both bits that make a card answer to addresses, the legacy ones included.
pub const COMMAND_DECODE: u16 = COMMAND_IO | COMMAND_MEMORY;

/// Returns COMMAND for a held card: it answers to nothing, starts nothing, and raises no INTx.
pub const fn quiet(command: u16) -> u16 {
    (command & !(COMMAND_DECODE | COMMAND_MASTER)) | COMMAND_INTX_DISABLE
}

/// Returns whether a held card, whose COMMAND this is, has lost its configuration, as in a reset
/// that nobody told the kernel of: INTX_DISABLE is what [`quiet`] sets and no reset leaves.
///
/// Cards from before PCI 2.3 and virtual functions do not have the bit, and always look so.
pub const fn is_lost(command: u16) -> bool {
    command & COMMAND_INTX_DISABLE == 0
}

/// Returns COMMAND for a card that is given away: as it was found, INTx included, but for bus
/// master, which is for its next driver to switch on.
///
/// `moved` says that another card on its bus answers in the legacy ranges, which none did when this
/// one was found. Then this one stays off, as the arbiter leaves the card that it takes the ranges
/// from where no bridge tells the two apart. Its next driver switches it on.
pub const fn released(found: u16, moved: bool) -> u16 {
    if moved {
        found & !(COMMAND_MASTER | COMMAND_DECODE)
    } else {
        found & !COMMAND_MASTER
    }
}

/// A BAR, as the kernel has noted it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bar {
    /// The decode bit that it answers by: [`COMMAND_IO`] or [`COMMAND_MEMORY`]; 0 if the function
    /// has no such BAR.
    pub decode: u16,
    /// Whether it has an address, and a place in the resource tree.
    pub assigned: bool,
}

/// Returns which of the decode bits in `kinds` a function may be switched on with: those that one
/// of its BARs answers by.
///
/// [`None`] if such a BAR has no valid address, for then its register has the firmware's, or one
/// that is another device's. This is what `pci_enable_resources()` in drivers/pci/setup-res.c
/// decides. It does not count the ROM BAR either, unless that is enabled.
pub fn may_decode(bars: impl IntoIterator<Item = Bar>, kinds: u16) -> Option<u16> {
    bars.into_iter()
        .filter(|bar| bar.decode & kinds != 0)
        .try_fold(0, |bits, bar| bar.assigned.then_some(bits | bar.decode))
}

/// Returns COMMAND as it was before somebody held the card, from what was found.
///
/// `decode` has the bits that [`may_decode`] allows. They are added where both bits are off and
/// INTX_DISABLE is set, as [`quiet`] leaves a card that nobody gave back, before a crash as a rule.
/// Firmware does not set INTX_DISABLE. Where it is clear the firmware left the card off, as it
/// does with secondary cards, and so it stays.
pub const fn derive(found: u16, decode: u16) -> u16 {
    if found & (COMMAND_DECODE | COMMAND_INTX_DISABLE) == COMMAND_INTX_DISABLE {
        (found & !COMMAND_INTX_DISABLE) | decode
    } else {
        found
    }
}

/// Returns whether a class is a display controller's, of any kind.
pub const fn is_display_class(class: u32) -> bool {
    class >> 16 == 0x03
}

/// Returns whether a card of this class uses the legacy VGA ranges, and so is the arbiter's
/// business: 0x0300, or 0x0001 from before there were classes (`pci_is_vga()` in
/// include/linux/pci.h).
pub const fn is_vga_class(class: u32) -> bool {
    matches!(class >> 8, 0x0300 | 0x0001)
}

/// What a claimed function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A VGA card: it has legacy ranges, and is a party in arbitration.
    Vga,
    /// Another display controller (3D, other): it has no legacy ranges.
    Display,
    /// What goes with a card (audio, USB): neither ROM nor arbitration concern it.
    Companion,
}

/// Why a function is not claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is a bridge: its header type is not 0.
    HeaderType,
    /// Its virtual functions are on; they would lose their physical one.
    VirtualFunctions,
}

impl Refusal {
    /// Returns the reason and the remedy, for the log.
    pub const fn message(self) -> &'static str {
        match self {
            Self::HeaderType => "it is a bridge; name the functions behind it instead",
            Self::VirtualFunctions => {
                "its virtual functions are on; bind it to their driver again and write 0 to its \
                 sriov_numvfs"
            }
        }
    }
}

/// Returns what a function is, if it may be claimed.
///
/// `header_type` is the register at offset 0xe of the configuration space, whose uppermost bit
/// (multifunction) does not matter. `virtual_functions` says whether it has any switched on.
pub const fn claimable(
    class: u32,
    header_type: u8,
    virtual_functions: bool,
) -> Result<Kind, Refusal> {
    if header_type & 0x7f != 0 {
        Err(Refusal::HeaderType)
    } else if virtual_functions {
        Err(Refusal::VirtualFunctions)
    } else if is_vga_class(class) {
        Ok(Kind::Vga)
    } else if is_display_class(class) {
        Ok(Kind::Display)
    } else {
        Ok(Kind::Companion)
    }
}

/// A card that may inherit the legacy ranges: see [`better`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card<K> {
    /// What the caller knows it by.
    pub key: K,
    /// Its class code: others than VGA cards inherit nothing.
    pub class: u32,
    /// Whether it is the default VGA device.
    pub default: bool,
    /// Whether vga-stub holds it, or is about to.
    pub held: bool,
    /// Its COMMAND register.
    pub command: u16,
}

/// Returns the better heir of two cards: the best one so far, and the next.
///
/// The legacy ranges go to the best of all cards when the card that owned them is held. The default
/// VGA device is where the host's console is, so it is preferred, whether it decodes or not. Else
/// it is the first VGA card that decodes I/O or memory: the firmware or a driver has switched off
/// those that do not. Held cards inherit nothing.
pub fn better<K>(best: Option<Card<K>>, next: Card<K>) -> Option<Card<K>> {
    if next.held || !is_vga_class(next.class) {
        return best;
    }
    match best {
        Some(best) if best.default || !next.default => Some(best),
        None if !next.default && next.command & COMMAND_DECODE == 0 => None,
        _ => Some(next),
    }
}
