// SPDX-License-Identifier: GPL-2.0

//! Captures a card's option ROM, before a guest can change it.

use crate::abstractions::{
    option_rom::{
        Mapping,
        OpenRom, //
    },
    vgaarb, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*, //
};
use vga_stub_core::rom::{
    extent,
    fits,
    shown,
    status,
    Extent,
    Status,
    Worth, //
};

/// Where an image was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The card's own ROM.
    Bar,
    /// The copy that the UEFI firmware made before it ran the ROM.
    Efi,
    /// The copy at 0xC0000, which POST has modified.
    Shadow,
    /// Nowhere.
    None,
}

impl Source {
    /// Returns the word as it stands in the file `rom_source`.
    #[inline(never)]
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Bar => "bar",
            Self::Efi => "efi",
            Self::Shadow => "shadow",
            Self::None => "none",
        }
    }
}

/// What was captured of a card's option ROM.
pub(crate) struct Rom {
    image: KVVec<u8>,
    /// Where the image was read; [`Source::None`] where nothing is worth to be called one.
    pub(crate) source: Source,
    /// What is to be thought of it, or of what was read in its place.
    pub(crate) status: Status,
    worth: Worth,
}

impl Rom {
    /// Returns what a function without a ROM has.
    pub(crate) fn none() -> Self {
        Self {
            image: KVVec::new(),
            source: Source::None,
            status: Status::None,
            worth: Worth::Nothing,
        }
    }

    /// Returns the image, byte for byte.
    pub(crate) fn image(&self) -> Option<&[u8]> {
        (!self.image.is_empty()).then_some(&self.image)
    }
}

/// Captures the ROM of a card that is in D0, from the first source that has a good one, or else the
/// best of what there is.
///
/// A card without a ROM that can be used is claimed all the same.
pub(crate) fn capture(pdev: &pci::Device<Core<'_>>) -> Rom {
    let mut best = Rom::none();

    for source in [Source::Bar, Source::Efi, Source::Shadow] {
        try_source(pdev, source, &mut best);
        if best.worth == Worth::Whole {
            break;
        }
    }
    best
}

/// Reads one source, and keeps it if it is better than what there is.
///
/// Where none has an image, what the first had in its place tells the user most.
#[inline(never)]
fn try_source(pdev: &pci::Device<Core<'_>>, source: Source, best: &mut Rom) {
    match read(pdev, source) {
        Ok(rom) => {
            let modified = source == Source::Shadow;

            if rom.worth.replaces(modified, best.worth) || best.status == Status::None {
                *best = rom;
            }
        }
        Err(error) if error == ENXIO => {}
        Err(error) => dev_warn!(
            pdev,
            "option ROM not read from source {}: error {}\n",
            source.as_str(),
            error.to_errno()
        ),
    }
}

/// Reads one source; fails with `ENXIO` where the card does not have it.
fn read(pdev: &pci::Device<Core<'_>>, source: Source) -> Result<Rom> {
    let ids = (pdev.vendor_id().as_raw(), pdev.device_id());
    let mut open = match source {
        Source::Bar => OpenRom::bar(pdev),
        Source::Efi => OpenRom::efi_copy(pdev),
        // It belongs to the card that the firmware showed on, which may be another.
        Source::Shadow if vgaarb::is_default(pdev) => OpenRom::shadow(pdev),
        Source::Shadow | Source::None => Err(ENXIO),
    }?;
    let rom = Rom::read(&open, source, ids)?;

    if source == Source::Shadow && !fits(&rom.image, ids.0, ids.1) {
        return Err(ENXIO);
    }
    // From here on the kernel shows this instead of the shadow, also without this module.
    if rom.source == Source::Bar && shown(&rom.image, ids.0, ids.1) {
        open.keep();
    }
    Ok(rom)
}

impl Rom {
    /// Reads as far as there are images, each byte once.
    fn read(mapping: &Mapping, source: Source, ids: (u16, u16)) -> Result<Self> {
        let mut image = KVVec::new();

        let len = loop {
            match extent(&image, mapping.len()) {
                Extent::Need(end) => mapping.read_to(&mut image, end)?,
                Extent::End(end) => {
                    if end > image.len() {
                        mapping.read_to(&mut image, end)?;
                    }
                    break end;
                }
            }
        };
        let status = status(&image, Some(ids));

        image.truncate(len);
        Ok(Self {
            source: if len == 0 { Source::None } else { source },
            worth: Worth::new(&image, ids.0, ids.1),
            image,
            status,
        })
    }
}
