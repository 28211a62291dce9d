// SPDX-License-Identifier: GPL-2.0

//! What EDK II makes of a ROM, and with it OVMF, and most firmware of PCs: `LoadOpRomImage()`,
//! `ContainEfiImage()` and `ProcessOpRomImage()` in
//! MdeModulePkg/Bus/Pci/PciBusDxe/PciOptionRomSupport.c.
//!
//! The walk goes by the lengths in the PCI data structures. The first image must be at the start;
//! after that, where no signature is, it goes on by 512 bytes until there is one or the ROM BAR
//! ends. So a gap between images, or an image with a signature of its vendor's, does not hide what
//! follows. It ends at the last image, at one without a valid PCI data structure, and at one that
//! goes past the ROM BAR, which is not loaded. It compares no IDs: that is for the driver in the
//! image to do. The PCI data structure's own length is not looked at. A ROM BAR of 2 KiB is taken
//! for none (`GetOpRomInfo()`).
//!
//! What runs are the EFI images among them: see [`Driver`].

use super::{
    image::{
        CodeType,
        Fault,
        Image,
        Stop, //
    },
    view::{
        Need,
        View, //
    },
    SECTOR,
};

/// PE/COFF machine: x64, which OVMF runs on.
const MACHINE_X64: u16 = 0x8664;

/// PE/COFF machine: EFI byte code, for which OVMF has an interpreter.
const MACHINE_EBC: u16 = 0x0ebc;

/// The images that are loaded: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The ROM.
    view: View<'a>,
    /// Where the next image is looked for; nothing at the end.
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

    /// Goes on to the next image that is loaded.
    pub(super) fn step(&mut self) -> Result<Option<Image<'a>>, Need> {
        while let Some(offset) = self.next.take().filter(|&next| next < self.view.limit) {
            match Image::read(&self.view, offset) {
                Ok(image) if image.length == 0 || image.end() > self.view.limit => break,
                Ok(image) => {
                    self.next = (!image.last).then_some(image.end());
                    return Ok(Some(image));
                }
                Err(Stop::Broken(Fault::Signature | Fault::Header)) if offset > 0 => {
                    self.next = offset.checked_add(SECTOR);
                }
                Err(Stop::Broken(_)) => break,
                Err(Stop::Need(need)) => {
                    self.next = Some(offset);
                    return Err(need);
                }
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Images<'a> {
    type Item = Image<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        // Every byte that there is was given: nothing can be needed.
        self.step().unwrap_or_default()
    }
}

/// Returns the images of a ROM that are loaded, in their order. At most one step for each sector.
pub fn images(rom: &[u8]) -> Images<'_> {
    Images::new(View::whole(rom))
}

/// Returns how many bytes of a ROM hold all the images that are loaded.
pub(super) fn reach(view: &View<'_>) -> Result<usize, Need> {
    let mut images = Images::new(*view);
    let mut reach = 0;

    while let Some(image) = images.step()? {
        reach = image.end().max(image.pcir_reach()).max(reach);
    }
    Ok(reach)
}

/// What becomes of an EFI image (`ProcessOpRomImage()` and `LocalLoadFile2()`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Driver {
    /// It is a driver for x64: it is run.
    Native,
    /// It is a driver in EFI byte code: it is run, unless a native one of the same ROM was.
    ByteCode,
    /// It is no EFI image.
    NotEfi,
    /// Its header has not the signature of EFI images.
    Signature,
    /// It is for another processor.
    Machine,
    /// It is no driver.
    Subsystem,
    /// Its compression is none that UEFI knows.
    Compression,
    /// It is longer by its header than by its PCI data structure.
    Length,
    /// The program is outside of it.
    Program,
}

impl Driver {
    /// Returns what becomes of an image. What is in the program is not looked at.
    #[inline]
    pub fn new(image: &Image<'_>) -> Self {
        if image.code_type != CodeType::Efi {
            return Self::NotEfi;
        }
        let Some(header) = image.efi() else {
            return Self::Signature;
        };
        if !matches!(header.machine, MACHINE_X64 | MACHINE_EBC) {
            Self::Machine
        } else if !matches!(header.subsystem, 11 | 12) {
            Self::Subsystem
        } else if header.compression > 1 {
            Self::Compression
        } else if header.length > image.length {
            Self::Length
        } else if usize::from(header.image_offset) >= header.length {
            Self::Program
        } else if header.machine == MACHINE_X64 {
            Self::Native
        } else {
            Self::ByteCode
        }
    }

    /// Returns whether it is run.
    #[inline]
    pub fn runs(self) -> bool {
        matches!(self, Self::Native | Self::ByteCode)
    }
}
