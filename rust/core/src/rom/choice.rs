// SPDX-License-Identifier: GPL-2.0

//! Which of several captures of a card's ROM is kept, and whether the kernel is to show it.

use super::{
    fits,
    images,
    linux,
    status,
    Status, //
};

/// What a capture is worth to the card's guests, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// There is no image.
    Nothing,
    /// No image is for the card.
    Foreign,
    /// It has no PCI data structure: nothing says whose it is.
    Unknown,
    /// It is for the card, but the chain is broken.
    Part,
    /// It is for the card and whole, but a legacy image was changed.
    Changed,
    /// It is for the card, and what the kernel shows of it is in order ([`shown`]), though the
    /// chain promises more than that.
    Shown,
    /// Nothing is wrong.
    Whole,
}

impl Worth {
    /// Returns what a capture is worth. `rom` is what is kept of it, by [`extent`](super::extent).
    pub fn new(rom: &[u8], vendor: u16, device: u16) -> Self {
        if rom.is_empty() {
            return Self::Nothing;
        }
        match status(rom, Some((vendor, device))) {
            Status::Ok => Self::Whole,
            Status::NoPcir => Self::Unknown,
            _ if !fits(rom, vendor, device) => Self::Foreign,
            Status::BadChecksum => Self::Changed,
            _ if shown(rom, vendor, device) => Self::Shown,
            _ => Self::Part,
        }
    }

    /// Returns whether a capture takes the place of `best`, which a better source gave.
    ///
    /// A copy that POST may have modified does so only where nothing else is for the card: its
    /// checksum may hold all the same.
    pub fn replaces(self, modified: bool, best: Self) -> bool {
        self > best && !(modified && best >= Self::Part)
    }
}

/// Returns whether a ROM, or what the kernel shows of it, is in order, so that the drivers of the
/// host and guests are better off with it than with the shadow: whole images only, one of them for
/// the card, every checksum right.
///
/// A chain that promises a further image ends, for the kernel, where none is. On some laptops, the
/// ROM behind the BAR is compressed or combined with another one (`pci_fixup_video()` in
/// arch/x86/pci/fixup.c); such a one is not shown.
pub fn shown(rom: &[u8], vendor: u16, device: u16) -> bool {
    let shown = rom.get(..linux::size(rom)).unwrap_or_default();
    let mut ours = false;

    if status(rom, Some((vendor, device))) == Status::Ok {
        return true;
    }
    for image in images(shown) {
        match image {
            Ok(image) if image.checksum_holds() => ours |= image.fits(vendor, device),
            Err(broken) if broken.offset == shown.len() => break,
            _ => return false,
        }
    }
    ours
}
