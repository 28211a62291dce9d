// SPDX-License-Identifier: GPL-2.0

//! Captures a card's option ROM, before a guest can change it.

mod method;

use self::method::Method;
use crate::{
    abstractions::{
        acpi::{
            self,
            Table, //
        },
        bus,
        option_rom::{
            self,
            Bytes,
            OwnRom, //
        },
        vgaarb, //
    },
    bars,
    parameters,
    place, //
};
use kernel::{
    device::Core,
    fmt,
    pci,
    prelude::*, //
};
use vga_stub_core::{
    capture,
    decode::COMMAND_MEMORY,
    rom::{
        extent,
        fits,
        shown,
        status,
        Extent,
        Status,
        Worth, //
    },
    vfct, //
};

/// Where an image was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The card's own ROM.
    Bar,
    /// The method `_ROM` of the card's ACPI node.
    AcpiRom,
    /// AMD's ACPI table.
    AcpiVfct,
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
            Self::AcpiRom => "acpi-rom",
            Self::AcpiVfct => "acpi-vfct",
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
    /// Whether it is valid, or what is wrong with what was read in its place.
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
/// A card without a ROM that can be used is claimed all the same, and so is one whose ROM the user
/// does not want to be read: nothing of that card is touched for its sake.
pub(crate) fn capture(pdev: &pci::Device<Core<'_>>) -> Rom {
    let mut best = Rom::none();

    if !capture::is_read(
        parameters::ROM.get().to_bytes(),
        place::route(pdev),
        place::ids(pdev),
    ) {
        dev_info!(pdev, "option ROM not read: rom= says so\n");
        return best;
    }
    for source in [
        Source::Bar,
        Source::AcpiRom,
        Source::AcpiVfct,
        Source::Efi,
        Source::Shadow,
    ] {
        try_source(pdev, source, &mut best);
        if best.worth == Worth::Whole {
            break;
        }
    }
    best
}

/// Says which rules of `rom=` cannot be used, and which are for no device.
pub(crate) fn report_rules() {
    for (entry, rule) in capture::entries(parameters::ROM.get().to_bytes()) {
        match rule {
            Ok(rule) => {
                let mut found = false;

                bus::for_each_device(|pdev| {
                    found |= rule.is_for(place::route(pdev), place::ids(pdev));
                });
                if !found {
                    pr_warn!(
                        "{} is for no device that is there now; it counts for one that appears \
                         later\n",
                        format_args!("{}", entry)
                    );
                }
            }
            Err(bad) => pr_err!("{} [param-bad]\n", format_args!("{}", bad)),
        }
    }
}

/// Why a source was not read.
enum Failure {
    /// The card does not have it.
    Absent,
    /// It could not be read, with the reason as the rest of a sentence.
    Reason(&'static str),
    /// The kernel said no.
    Error(Error),
    /// The ACPI method is no good.
    Method(acpi::Failure),
    /// The ACPI table is no good.
    Table(vfct::Fault),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            ENXIO => Self::Absent,
            ENOSPC => Self::Reason("error -28, no address is free for it"),
            EBUSY => Self::Reason("error -16, somebody keeps switching it off"),
            error => Self::Error(error),
        }
    }
}

impl From<acpi::Failure> for Failure {
    fn from(failure: acpi::Failure) -> Self {
        match failure {
            acpi::Failure::NotFound => Self::Absent,
            failure => Self::Method(failure),
        }
    }
}

impl From<vfct::Fault> for Failure {
    fn from(fault: vfct::Fault) -> Self {
        match fault {
            vfct::Fault::NoImage => Self::Absent,
            fault => Self::Table(fault),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("there is none"),
            Self::Reason(reason) => f.write_str(reason),
            Self::Error(error) => write!(f, "error {}", error.to_errno()),
            Self::Method(failure @ acpi::Failure::Status(_)) => {
                write!(f, "_ROM ends with {}", failure.message())
            }
            Self::Method(failure) => write!(f, "_ROM {}", failure.message()),
            Self::Table(fault) => write!(f, "VFCT {}", fault.message()),
        }
    }
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
        Err(Failure::Absent) => {}
        Err(failure) => dev_warn!(
            pdev,
            "option ROM not read from source {}: {}\n",
            source.as_str(),
            failure
        ),
    }
}

/// Reads one source.
fn read(pdev: &pci::Device<Core<'_>>, source: Source) -> Result<Rom, Failure> {
    let ids = place::ids(pdev);

    match source {
        Source::Bar => {
            if bars::may_decode(pdev, COMMAND_MEMORY).is_none() {
                return Err(Failure::Reason(
                    "another BAR has no address, and would answer as well",
                ));
            }

            let mut own = OwnRom::open(pdev)?;
            let rom = Rom::read(&mut own, source, ids)?;

            // From here on the kernel shows this instead of the shadow, also without this module.
            if rom.source == Source::Bar && shown(&rom.image, ids.0, ids.1) {
                own.keep();
            }
            Ok(rom)
        }
        Source::AcpiRom => {
            let mut method = Method::open(pdev)?;
            let rom = Rom::read(&mut method, source, ids)?;

            if method.is_empty() {
                return Err(Failure::Reason("_ROM gives no bytes"));
            }
            if method.has_no_end(rom.image.len()) {
                return Err(Failure::Reason("_ROM gives 4 MiB and no end"));
            }
            Ok(rom)
        }
        Source::AcpiVfct => {
            let table = Table::get(vfct::SIGNATURE).ok_or(Failure::Absent)?;
            let place = place::route(pdev).next().ok_or(Failure::Absent)?;
            let card = vfct::Card {
                vendor: ids.0,
                device: ids.1,
                bus: place.bus,
                slot: place.slot,
                function: place.function,
            };
            let mut image = table
                .get(vfct::find(&table, &card)?.range)
                .unwrap_or_default();

            Ok(Rom::read(&mut image, source, ids)?)
        }
        Source::Efi => Ok(Rom::read(&mut option_rom::efi_copy(pdev)?, source, ids)?),
        // It belongs to the card that the firmware showed on, which may be another.
        Source::Shadow if vgaarb::is_default(pdev) => {
            let rom = Rom::read(&mut option_rom::shadow(pdev)?, source, ids)?;

            match fits(&rom.image, ids.0, ids.1) {
                true => Ok(rom),
                false => Err(Failure::Absent),
            }
        }
        Source::Shadow | Source::None => Err(Failure::Absent),
    }
}

impl Rom {
    /// Reads up to the end of the last image.
    fn read(bytes: &mut dyn Bytes, source: Source, ids: (u16, u16)) -> Result<Self> {
        let mut image = KVVec::new();

        let len = loop {
            match extent(&image, bytes.limit()) {
                Extent::End(end) if end <= image.len() => break end,
                // If there is less than that, this is found out by reading.
                Extent::Need(end) | Extent::End(end) => bytes.read_to(&mut image, end)?,
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
