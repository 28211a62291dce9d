// SPDX-License-Identifier: GPL-2.0

//! What SeaBIOS makes of a ROM: `map_pcirom()`, `copy_rom()` and `is_valid_rom()` in its
//! src/optionroms.c.
//!
//! The walk goes by the lengths in the PCI data structures, and ends at the last image and where no
//! signature or no PCI data structure is. The pointer to that may be any number, and its length is
//! not looked at. The first legacy image that has the card's vendor and device ID in its PCI data
//! structure is copied, whatever else there is: as many bytes as its header says, which must add up
//! to 0. A device list is not looked at.

use super::{
    image::{
        CodeType,
        Image,
        Stop, //
    },
    view::{
        Need,
        View, //
    },
};

/// The images that are looked at: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The ROM.
    view: View<'a>,
    /// Where the next image is; nothing at the end.
    next: Option<usize>,
}

impl<'a> Images<'a> {
    /// Starts a walk.
    pub(super) fn new(view: View<'a>) -> Self {
        Self {
            view,
            next: Some(0),
        }
    }

    /// Goes on to the next image.
    pub(super) fn step(&mut self) -> Result<Option<Image<'a>>, Need> {
        let Some(offset) = self.next.take() else {
            return Ok(None);
        };

        match Image::anywhere(&self.view, offset) {
            Ok(image) => {
                // SeaBIOS goes on for ever at a length of 0.
                self.next = (!image.last && image.length > 0).then_some(image.end());
                Ok(Some(image))
            }
            Err(Stop::Broken(_)) => Ok(None),
            Err(Stop::Need(need)) => {
                self.next = Some(offset);
                Err(need)
            }
        }
    }
}

impl<'a> Iterator for Images<'a> {
    type Item = Image<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // Every byte that there is was given: nothing can be needed.
        self.step().unwrap_or_default()
    }
}

/// Returns the images of a ROM that are looked at until one is copied, in their order. At most one
/// step for each sector.
pub fn images(rom: &[u8]) -> Images<'_> {
    Images::new(View::whole(rom))
}

/// Returns the image that is copied for a card, or for whichever, where no IDs are given. It is run
/// if [its checksum holds](Image::checksum_holds).
#[inline]
pub fn find<'a>(rom: &'a [u8], identity: Option<(u16, u16)>) -> Option<Image<'a>> {
    images(rom).find(|image| {
        image.code_type == CodeType::X86
            && identity.is_none_or(|ids| ids == (image.vendor, image.device))
    })
}

/// Returns how many bytes of a ROM hold all that is looked at and can be copied, for whatever card.
pub(super) fn reach(view: &View<'_>) -> Result<usize, Need> {
    let mut images = Images::new(*view);
    let mut reach = 0;

    while let Some(image) = images.step()? {
        reach = image.pcir_reach().max(reach);
        if image.code_type == CodeType::X86 {
            let end = image.offset.saturating_add(image.initialization_length());

            // What goes past the ROM BAR is no image of the card's.
            if end <= view.limit {
                reach = end.max(reach);
            }
        }
    }
    Ok(reach)
}
