// SPDX-License-Identifier: GPL-2.0

//! What is to be said of a ROM, apart from how it is printed. As JSON, the fields are what other
//! programs rely on.

use std::{
    fmt,
    str::FromStr, //
};

use serde::{
    Serialize,
    Serializer, //
};
use vga_stub_core::rom::{
    self,
    dump::{
        self,
        Header, //
    },
    Broken,
    CodeType,
    Extent,
    Image,
    Signature,
    Status, //
};

use super::guest::Verdict;

/// A number that is written in hexadecimal: IDs and class codes, without `0x` as lspci has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hex<const DIGITS: usize>(pub(crate) u32);

impl<const DIGITS: usize> fmt::Display for Hex<DIGITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$x}", self.0)
    }
}

impl<const DIGITS: usize> Serialize for Hex<DIGITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A card's vendor and device ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DeviceId {
    /// The vendor ID.
    pub(crate) vendor: u16,
    /// The device ID.
    pub(crate) device: u16,
}

impl DeviceId {
    /// Returns the IDs of the card that an image is for.
    pub(crate) fn of(image: &Image<'_>) -> Self {
        Self {
            vendor: image.vendor,
            device: image.device,
        }
    }
}

impl FromStr for DeviceId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (vendor, device) = text
            .split_once(':')
            .ok_or("write vendor:device as lspci -n does, such as 10de:1b80")?;
        let id = |text: &str| {
            let digits = text.strip_prefix("0x").unwrap_or(text);
            let number = u16::from_str_radix(digits, 16);
            // from_str_radix() takes a sign.
            number.ok().filter(|_| !digits.starts_with('+'))
        };
        Ok(Self {
            vendor: id(vendor).ok_or("the vendor ID is no hexadecimal number of four digits")?,
            device: id(device).ok_or("the device ID is no hexadecimal number of four digits")?,
        })
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.device)
    }
}

impl Serialize for DeviceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// All that is said of a ROM.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// The file's name, as it was given.
    pub(crate) file: String,
    /// The file's size, in bytes.
    pub(crate) size: usize,
    /// The card that the ROM was compared with.
    pub(crate) card: Option<DeviceId>,
    /// The word that the module's `rom_status` would have.
    pub(crate) status: &'static str,
    /// What the word means here, and what to do.
    pub(crate) explanation: String,
    /// Where the ROM starts in the file, in bytes.
    pub(crate) rom_offset: usize,
    /// How much of the file is the ROM, in bytes: as much as anybody can use.
    pub(crate) rom_size: usize,
    /// What is before it.
    pub(crate) before: Option<Before>,
    /// What is after it.
    pub(crate) after: Option<After>,
    /// How many bytes of the ROM the kernel shows, and vfio-pci.
    pub(crate) kernel_size: usize,
    /// The images, in their order.
    pub(crate) images: Vec<ImageReport>,
    /// Why the chain of images ends too early.
    pub(crate) fault: Option<FaultReport>,
    /// Which guests the ROM boots.
    pub(crate) verdict: Verdict,
}

/// What is before the ROM.
#[derive(Debug, Serialize)]
pub(crate) struct Before {
    /// How much, in bytes.
    pub(crate) size: usize,
    /// What it is.
    pub(crate) what: &'static str,
}

/// What is after the ROM.
#[derive(Debug, Serialize)]
pub(crate) struct After {
    /// How much, in bytes.
    pub(crate) size: usize,
    /// What it is.
    pub(crate) what: String,
    /// The images of NVIDIA's chain that nobody but its drivers looks at.
    pub(crate) images: Vec<ImageReport>,
}

/// What is said of an image.
#[derive(Debug, Serialize)]
pub(crate) struct ImageReport {
    /// Where it starts in the file, in bytes.
    pub(crate) offset: usize,
    /// Its length by the PCI data structure, in bytes.
    pub(crate) size: usize,
    /// Whom the code is for: `legacy`, `open-firmware`, `pa-risc`, `efi`, `nvidia`, `other`.
    pub(crate) kind: &'static str,
    /// The same as a number.
    pub(crate) code_type: u8,
    /// The vendor ID.
    pub(crate) vendor: Hex<4>,
    /// The device ID.
    pub(crate) device: Hex<4>,
    /// Further device IDs.
    pub(crate) device_list: Vec<Hex<4>>,
    /// The class code.
    pub(crate) class: Hex<6>,
    /// Whether the image is for the card, if one was named.
    pub(crate) fits: Option<bool>,
    /// Where the PCI data structure is from the image's start, in bytes.
    pub(crate) pcir_offset: usize,
    /// The PCI data structure's own length, in bytes.
    pub(crate) pcir_size: usize,
    /// The PCI data structure's revision.
    pub(crate) pcir_revision: u8,
    /// The revision of the code, in the vendor's own counting.
    pub(crate) vendor_revision: u16,
    /// How much the header says is to be run, in bytes.
    pub(crate) initialization_size: usize,
    /// The most that it takes at run time, in bytes; only in revision 3.
    pub(crate) runtime_size: Option<usize>,
    /// Whether it is the last one.
    pub(crate) last: bool,
    /// Whether the image is there as a whole.
    pub(crate) complete: bool,
    /// The sum of the bytes that are to be run, modulo 256: 0 is right. Only of legacy images, and
    /// only if there is something to run.
    pub(crate) sum: Option<u8>,
    /// Whether the checksum holds; only of legacy images.
    pub(crate) checksum_ok: Option<bool>,
    /// The EFI header.
    pub(crate) efi: Option<EfiReport>,
}

/// What is said of an EFI image's header.
#[derive(Debug, Serialize)]
pub(crate) struct EfiReport {
    /// The processor that it is for.
    pub(crate) machine: &'static str,
    /// The same as a number.
    pub(crate) machine_code: Hex<4>,
    /// What kind of program it is.
    pub(crate) subsystem: &'static str,
    /// The same as a number.
    pub(crate) subsystem_code: u16,
    /// How it is compressed: 0 not, 1 by the UEFI algorithm.
    pub(crate) compression: u16,
    /// Where the program starts, from the image's start, in bytes.
    pub(crate) program_offset: u16,
}

/// Why a chain ends too early.
#[derive(Debug, Serialize)]
pub(crate) struct FaultReport {
    /// Which image is at fault: the first is 1.
    pub(crate) image: usize,
    /// Where that starts in the file, in bytes.
    pub(crate) offset: usize,
    /// What is wrong with it.
    pub(crate) what: &'static str,
}

impl Report {
    /// Looks at a file.
    pub(crate) fn new(file: &str, bytes: &[u8], card: Option<DeviceId>) -> Self {
        let ids = card.map(|card| (card.vendor, card.device));
        let part = Part::of(bytes);
        let whole = part.rom(bytes);
        let rom = &whole[..part.size];
        let (images, broken) = chain(whole);
        let complete = |image: &Image<'_>| broken.is_none_or(|fault| fault.offset != image.offset);
        let status = rom::status(bytes, ids);
        let report = |image: &Image<'_>, complete| {
            let mut report = ImageReport::new(image, card, complete);
            report.offset += part.offset;
            report
        };
        let mut reports: Vec<_> = images
            .iter()
            .map(|image| report(image, complete(image)))
            .collect();
        reports.extend(beyond(&images, rom).map(|image| report(&image, true)));
        Self {
            file: file.to_owned(),
            size: bytes.len(),
            card,
            status: status.as_str(),
            explanation: explain(status, whole, broken, &part),
            rom_offset: part.offset,
            rom_size: part.size,
            before: (part.offset > 0).then(|| Before {
                size: part.offset,
                what: match Header::new(bytes) {
                    Header::Nvidia => "NVIDIA's firmware header (NVGI)",
                    Header::Other => "a header of the vendor's",
                },
            }),
            after: After::new(whole, part.size, &|image| report(image, true)),
            kernel_size: rom::linux::size(whole),
            images: reports,
            fault: broken.map(|fault| FaultReport {
                // The image at fault is the last one that was given, or the one after it.
                image: images.iter().filter(|image| complete(image)).count() + 1,
                offset: part.offset + fault.offset,
                what: fault.fault.message(),
            }),
            verdict: Verdict::new(rom, whole, part.offset > 0, card),
        }
    }
}

/// Which part of a file is the ROM.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// Where it starts, in bytes.
    pub(crate) offset: usize,
    /// How much of it anybody can use, in bytes.
    pub(crate) size: usize,
}

impl Part {
    /// Finds the ROM in a file: at its start, or else behind a header of the vendor's.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let offset = match rom::status(bytes, None) {
            Status::BadSignature | Status::NoPcir if !is_used(bytes) => dump::find(bytes),
            _ => None,
        };
        let offset = offset.unwrap_or_default();
        let rom = &bytes[offset..];
        let size = match rom::extent(rom, rom.len()) {
            Extent::End(size) | Extent::Need(size) => size,
        };
        Self { offset, size }
    }

    /// Returns the file from the ROM's start on.
    fn rom<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        &bytes[self.offset..]
    }
}

/// Returns whether a guest's firmware finds an image at the start.
fn is_used(rom: &[u8]) -> bool {
    rom::edk2::images(rom).next().is_some() || rom::seabios::images(rom).next().is_some()
}

/// Returns the images of a chain, and why it ends too early.
fn chain(rom: &[u8]) -> (Vec<Image<'_>>, Option<Broken>) {
    let mut images = Vec::new();
    let mut broken = None;
    for item in rom::images(rom) {
        match item {
            Ok(image) => images.push(image),
            Err(fault) => broken = Some(fault),
        }
    }
    (images, broken)
}

/// Returns the images that EDK II finds beyond those of the chain.
fn beyond<'a>(images: &[Image<'_>], rom: &'a [u8]) -> impl Iterator<Item = Image<'a>> {
    let last = images.last().map(|image| image.offset);
    rom::edk2::images(rom).filter(move |image| Some(image.offset) > last)
}

impl After {
    /// Looks at what is after a ROM of `size` bytes.
    fn new(rom: &[u8], size: usize, report: &dyn Fn(&Image<'_>) -> ImageReport) -> Option<Self> {
        let rest = &rom[size..];
        // Where there is no ROM, there is nothing after it.
        if rest.is_empty() || size == 0 {
            return None;
        }
        let images: Vec<_> = rom::nvidia::images(rom)
            .filter(|image| image.offset >= size)
            .map(|image| report(&image))
            .collect();
        let what = if dump::is_padding(rest) {
            "padding".into()
        } else if !images.is_empty() {
            "NVIDIA's own, for its drivers only".into()
        } else if let Some(at) = dump::find(rest) {
            format!("data, with another ROM at byte {at} of it")
        } else {
            "data".into()
        };
        Some(Self {
            size: rest.len(),
            what,
            images,
        })
    }
}

impl ImageReport {
    /// Takes what is said from an image.
    fn new(image: &Image<'_>, card: Option<DeviceId>, complete: bool) -> Self {
        let (kind, code_type) = match image.code_type {
            CodeType::X86 => ("legacy", 0),
            CodeType::OpenFirmware => ("open-firmware", 1),
            CodeType::PaRisc => ("pa-risc", 2),
            CodeType::Efi => ("efi", 3),
            CodeType::Other(code) if image.signature == Signature::Nvidia => ("nvidia", code),
            CodeType::Other(code) => ("other", code),
        };
        let legacy = image.code_type == CodeType::X86;
        Self {
            offset: image.offset,
            size: image.length,
            kind,
            code_type,
            vendor: Hex(image.vendor.into()),
            device: Hex(image.device.into()),
            device_list: image.device_list().map(|id| Hex(id.into())).collect(),
            class: Hex(image.class),
            fits: card.map(|card| image.fits(card.vendor, card.device)),
            pcir_offset: image.pcir_offset,
            pcir_size: image.pcir_length,
            pcir_revision: image.revision,
            vendor_revision: image.vendor_revision,
            initialization_size: image.initialization_length(),
            runtime_size: (image.revision >= 3).then_some(image.runtime_length),
            last: image.last,
            complete,
            sum: image.sum().filter(|_| legacy),
            checksum_ok: legacy.then(|| image.checksum_holds()),
            efi: image.efi().map(|header| EfiReport {
                machine: machine(header.machine),
                machine_code: Hex(header.machine.into()),
                subsystem: subsystem(header.subsystem),
                subsystem_code: header.subsystem,
                compression: header.compression,
                program_offset: header.image_offset,
            }),
        }
    }
}

/// Returns the name of a PE/COFF machine (UEFI Specification 2.10, section 2.1.1 and PE/COFF).
fn machine(code: u16) -> &'static str {
    match code {
        0x014c => "IA32",
        0x0200 => "Itanium",
        0x0ebc => "EFI byte code",
        0x01c2 => "ARM",
        0x8664 => "x64",
        0xaa64 => "AArch64",
        0x5032 => "RISC-V 32",
        0x5064 => "RISC-V 64",
        0x5128 => "RISC-V 128",
        0x6232 => "LoongArch 32",
        0x6264 => "LoongArch 64",
        _ => "unknown",
    }
}

/// Returns the name of a PE/COFF subsystem.
fn subsystem(code: u16) -> &'static str {
    match code {
        10 => "application",
        11 => "boot service driver",
        12 => "runtime driver",
        _ => "unknown",
    }
}

/// Returns what a word means for this ROM, and what to do about it.
fn explain(status: Status, rom: &[u8], broken: Option<Broken>, part: &Part) -> String {
    let all = |byte: u8| rom.iter().all(|&other| other == byte);
    match status {
        Status::Ok => "every image is whole and its checksum holds".into(),
        Status::None => "the file is empty".into(),
        Status::BadSignature | Status::NoPcir if part.offset > 0 => format!(
            "the file does not start with a valid image, but there is an option ROM at byte {}{}",
            part.offset,
            match dump::cut(rom) {
                Some(_) => ", which is cut short: read it from the card again",
                None => "; write it to a file of its own: --extract OUT",
            }
        ),
        Status::BadSignature if all(0xff) => {
            "every byte is ff: nothing answered where this was read".into()
        }
        Status::BadSignature if all(0) => {
            "every byte is 00: the card's memory decode was off when this was read, or it is a \
             shadow that no firmware filled"
                .into()
        }
        Status::BadSignature => "it does not start with 55 AA: this is no option ROM".into(),
        Status::NoPcir => format!(
            "the first image {}; ROMs of ISA cards are so",
            broken.map_or("has none", |broken| broken.fault.message())
        ),
        Status::Truncated => truncated(rom, broken, part),
        Status::IdMismatch => "no image is for this card".into(),
        Status::BadChecksum => {
            "a legacy image was changed: by its own POST, if this is a shadow".into()
        }
    }
}

/// Returns why a chain is called truncated.
fn truncated(rom: &[u8], broken: Option<Broken>, part: &Part) -> String {
    let Some(broken) = broken else {
        return "it ends too early".into();
    };
    let behind = rom::edk2::images(rom).find(|image| image.offset > broken.offset);
    let mut text = format!(
        "the image at {:#x} {}",
        part.offset + broken.offset,
        broken.fault.message()
    );
    if let Some(image) = behind {
        text += &format!(
            "; the kernel goes no further, but EDK II finds an image at {:#x}",
            part.offset + image.offset
        );
    }
    text
}
