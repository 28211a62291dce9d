// SPDX-License-Identifier: GPL-2.0

//! A ROM in a file from elsewhere: what a tool read from the flash memory of a card, with what the
//! vendor has before and after it.

use super::{
    images,
    Broken,
    Fault,
    Image, //
};
use crate::bytes::u16_at;

/// The most places that are tried.
pub const MAX_PLACES: usize = 4096;

/// Returns where the ROM starts in `bytes`: the first chain of images that is whole, or else the
/// first that starts with a valid image. It need not be at a multiple of anything: vendors' headers
/// have any length.
#[inline]
pub fn find(bytes: &[u8]) -> Option<usize> {
    let mut first = None;
    let starts = bytes
        .windows(2)
        .zip(0usize..)
        .filter(|(window, _)| **window == [0x55, 0xaa])
        .filter_map(|(_, at)| Some((at, bytes.get(at..)?)))
        .filter(|(_, rom)| images(rom).next().is_some_and(|image| image.is_ok()));

    for (at, rom) in starts.take(MAX_PLACES) {
        if images(rom).all(|image| image.is_ok()) {
            return Some(at);
        }
        first = first.or(Some(at));
    }
    first
}

/// What stands before a ROM, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Header {
    /// `NVGI`: NVIDIA's, for the card's own start (`VbiosIterator::rom_offset()` in
    /// drivers/gpu/nova-core/vbios.rs).
    Nvidia,
    /// Something else.
    Other,
}

impl Header {
    /// Returns what starts with these bytes.
    #[inline]
    pub fn new(bytes: &[u8]) -> Self {
        if bytes.starts_with(b"NVGI") {
            Self::Nvidia
        } else {
            Self::Other
        }
    }
}

/// Returns whether all bytes are what flash has where nothing was written, or what pads a file.
#[inline]
pub fn is_padding(bytes: &[u8]) -> bool {
    [0x00, 0xff]
        .iter()
        .any(|padding| bytes.iter().all(|byte| byte == padding))
}

/// Returns where an image of a broken chain would be that is not in the file: where the file ends,
/// though the chain goes on. A tool may have cut it. Of an empty file it cannot be said.
#[inline]
pub fn cut(rom: &[u8]) -> Option<Cut<'_>> {
    let mut last = None;

    if rom.is_empty() {
        return None;
    }
    for image in images(rom) {
        match image {
            Ok(image) => last = Some(image),
            Err(broken) => {
                return ends_early(rom, broken).then_some(Cut {
                    image: last.filter(|image| image.offset == broken.offset),
                });
            }
        }
    }
    None
}

/// Returns whether what is wrong is that the ROM ends too early.
#[inline]
fn ends_early(rom: &[u8], broken: Broken) -> bool {
    match broken.fault {
        Fault::Header | Fault::PastEnd => true,
        // Misaligned, or past the end.
        Fault::PcirPointer => rom
            .get(broken.offset..)
            .and_then(|image| u16_at(image, 0x18))
            .is_some_and(|pointer| pointer % 4 == 0),
        _ => false,
    }
}

/// What a tool has cut off.
#[derive(Clone, Copy, Debug)]
pub struct Cut<'a> {
    /// The image that is there in part; nothing where a whole one is missing.
    pub image: Option<Image<'a>>,
}
