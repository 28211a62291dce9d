// SPDX-License-Identifier: GPL-2.0

//! The VFCT table: where AMD's firmware keeps the ROMs of GPUs that have no ROM BAR.
//!
//! The ACPI specification only reserves the signature. The layout is that of `UEFI_ACPI_VFCT`,
//! `GOP_VBIOS_CONTENT` and `VFCT_IMAGE_HEADER` in the kernel's
//! drivers/gpu/drm/amd/include/atombios.h: a header of 76 bytes, which says where the first image
//! is, then the images, each behind a header of 28 bytes with the place and the IDs of its card and
//! the image's length. Everything is little-endian and packed.
//!
//! # Whose image it is
//!
//! The rule is that of `amdgpu_acpi_vfct_match()` in drivers/gpu/drm/amd/amdgpu/amdgpu_bios.c:
//! vendor ID, device ID, device and function must be the card's. The bus number is the one that the
//! firmware had given; the kernel may have given another one since (`pci=assign-busses`), and the
//! table has no domain. So the bus number only chooses among several images. Where it chooses none
//! of them and their bytes differ, no image is taken: it could be the twin's.
//!
//! # Bounds
//!
//! Whatever the bytes, no more than [`MAX_IMAGES`] headers are read, and nothing outside of the
//! table. What is in an image is for [`rom`](crate::rom) to judge.

use core::ops::Range;

use crate::bytes::{
    u16_at,
    u32_at, //
};

/// The most images that are looked at. Firmware has one for each GPU.
pub const MAX_IMAGES: usize = 64;

/// The table's signature.
pub const SIGNATURE: [u8; 4] = *b"VFCT";

/// Bytes in the table's header (`UEFI_ACPI_VFCT`).
const HEADER_SIZE: usize = 0x4c;

/// Where the table's header has the table's length in bytes, all of it (ACPI Specification 6.5,
/// section 5.2.6).
const LENGTH: usize = 0x04;

/// Where the table's header has the offset of the first image's header.
const IMAGES_OFFSET: usize = 0x34;

/// Where the table's header has the offset of a library, which has a header as the images have.
const LIBRARY_OFFSET: usize = 0x38;

/// Bytes in an image's header (`VFCT_IMAGE_HEADER`).
const IMAGE_HEADER_SIZE: usize = 0x1c;

/// The card whose image is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Card {
    /// The vendor ID.
    pub vendor: u16,
    /// The device ID.
    pub device: u16,
    /// The bus number, as the kernel gave it.
    pub bus: u8,
    /// The device number on the bus.
    pub slot: u8,
    /// The function.
    pub function: u8,
}

/// An image in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The vendor ID of its card.
    pub vendor: u16,
    /// The device ID of its card.
    pub device: u16,
    /// The subsystem's vendor ID of its card.
    pub subvendor: u16,
    /// The subsystem's ID of its card.
    pub subdevice: u16,
    /// The bus number of its card, as the firmware gave it.
    pub bus: u32,
    /// The device number of its card.
    pub slot: u32,
    /// The function of its card.
    pub function: u32,
    /// Where the image's bytes are in the table: within it, maybe empty.
    pub range: Range<usize>,
}

impl Image {
    /// Reads the image whose header is at `offset`.
    fn read(table: &[u8], offset: usize) -> Result<Self, Fault> {
        let start = offset
            .checked_add(IMAGE_HEADER_SIZE)
            .ok_or(Fault::ImageHeader)?;
        let header = table.get(offset..start).ok_or(Fault::ImageHeader)?;
        let u16_of = |at| u16_at(header, at).ok_or(Fault::ImageHeader);
        let u32_of = |at| u32_at(header, at).ok_or(Fault::ImageHeader);

        let length = usize::try_from(u32_of(0x18)?).map_err(|_| Fault::ImageLength)?;
        let end = start.checked_add(length).ok_or(Fault::ImageLength)?;
        if end > table.len() {
            return Err(Fault::ImageLength);
        }
        Ok(Self {
            bus: u32_of(0x00)?,
            slot: u32_of(0x04)?,
            function: u32_of(0x08)?,
            vendor: u16_of(0x0c)?,
            device: u16_of(0x0e)?,
            subvendor: u16_of(0x10)?,
            subdevice: u16_of(0x12)?,
            range: start..end,
        })
    }

    /// Returns whether the image is for the card, wherever the bus is.
    fn fits(&self, card: &Card) -> bool {
        !self.range.is_empty()
            && (self.vendor, self.device) == (card.vendor, card.device)
            && (self.slot, self.function) == (card.slot.into(), card.function.into())
    }
}

/// Why there is no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The table does not start with `VFCT`.
    Signature,
    /// The table is shorter than its header, or than the length in it.
    TableLength,
    /// The first image would be in the table's header, or past its end.
    Offset,
    /// The table ends within an image's header.
    ImageHeader,
    /// An image goes past the table's end.
    ImageLength,
    /// There are more than [`MAX_IMAGES`] images.
    TooMany,
    /// No image is for the card.
    NoImage,
    /// Several images are for the card by everything but the bus number, they differ, and the
    /// table has none of them at the card's bus.
    Ambiguous,
}

impl Fault {
    /// Returns what is wrong, as the rest of a sentence that starts with the table.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Signature => "does not start with VFCT",
            Self::TableLength => "is shorter than its header says",
            Self::Offset => "points to no image",
            Self::ImageHeader => "ends within an image's header",
            Self::ImageLength => "ends within an image",
            Self::TooMany => "has too many images",
            Self::NoImage => "has no image for this card",
            Self::Ambiguous => "has several images for such a card, none at its bus number",
        }
    }
}

/// Every image of a table: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The table, as long as its header says.
    table: &'a [u8],
    /// Where the next image's header is, or why there is none; nothing at the end.
    next: Option<Result<usize, Fault>>,
    /// Where the library is, which is no image.
    library: Option<usize>,
    /// How many images there were.
    count: usize,
}

impl Iterator for Images<'_> {
    type Item = Result<Image, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let offset = match self.next.take()? {
            Ok(offset) => offset,
            Err(fault) => return Some(Err(fault)),
        };
        if offset == self.table.len() || Some(offset) == self.library {
            return None;
        }
        if self.count >= MAX_IMAGES {
            return Some(Err(Fault::TooMany));
        }
        self.count = self.count.saturating_add(1);
        let image = Image::read(self.table, offset);
        if let Ok(image) = &image {
            self.next = Some(Ok(image.range.end));
        }
        Some(image)
    }
}

/// Returns every image of the table, and at last why there are no more, if that is for a fault.
///
/// `table` may be longer than its header says; the rest is left out.
pub fn images(table: &[u8]) -> Images<'_> {
    let whole = whole(table);
    let offset_at = |at| {
        let offset = u32_at(whole.unwrap_or_default(), at)?;
        usize::try_from(offset).ok()
    };
    let first = whole.and_then(|table| match offset_at(IMAGES_OFFSET) {
        Some(first) if first >= HEADER_SIZE && first < table.len() => Ok(first),
        _ => Err(Fault::Offset),
    });
    Images {
        table: whole.unwrap_or_default(),
        next: Some(first),
        library: offset_at(LIBRARY_OFFSET),
        count: 0,
    }
}

/// Finds the image of a card: see [the rule](self#whose-image-it-is).
///
/// Of a table that is broken somewhere, the images before that place count.
pub fn find(table: &[u8], card: &Card) -> Result<Image, Fault> {
    let mut found: Option<Image> = None;
    let mut fault = Fault::NoImage;
    let mut differ = false;

    for image in images(table) {
        let image = match image {
            Ok(image) if image.fits(card) => image,
            Ok(_) => continue,
            Err(broken) => {
                fault = broken;
                break;
            }
        };
        if image.bus == card.bus.into() {
            return Ok(image);
        }
        match &found {
            Some(first) => {
                differ |= table.get(first.range.clone()) != table.get(image.range);
            }
            None => found = Some(image),
        }
    }
    match found {
        Some(_) if differ => Err(Fault::Ambiguous),
        Some(image) => Ok(image),
        None => Err(fault),
    }
}

/// Returns the table, without what follows it.
fn whole(table: &[u8]) -> Result<&[u8], Fault> {
    if !table.starts_with(&SIGNATURE) {
        return Err(Fault::Signature);
    }
    u32_at(table, LENGTH)
        .and_then(|length| usize::try_from(length).ok())
        .filter(|&length| length >= HEADER_SIZE)
        .and_then(|length| table.get(..length))
        .ok_or(Fault::TableLength)
}
