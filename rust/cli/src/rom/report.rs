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
    Broken,
    CodeType,
    Extent,
    Image,
    Status,
    SECTOR, //
};

/// PE/COFF machine: x64, the one that OVMF runs on.
const MACHINE_X64: u16 = 0x8664;

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
    /// How much of the file is the ROM, in bytes.
    pub(crate) rom_size: usize,
    /// The images, in their order.
    pub(crate) images: Vec<ImageReport>,
    /// Why the chain of images ends too early.
    pub(crate) fault: Option<FaultReport>,
    /// Which guests the ROM boots.
    pub(crate) verdict: Verdict,
}

/// What is said of an image.
#[derive(Debug, Serialize)]
pub(crate) struct ImageReport {
    /// Where it starts in the file, in bytes.
    pub(crate) offset: usize,
    /// Its length by the PCI data structure, in bytes.
    pub(crate) size: usize,
    /// Whom the code is for: `legacy`, `open-firmware`, `pa-risc`, `efi`, `other`.
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

/// Which guests a ROM boots.
#[derive(Debug, Serialize)]
pub(crate) struct Verdict {
    /// A guest with SeaBIOS, QEMU's BIOS.
    pub(crate) bios_guest: Answer,
    /// A guest with OVMF, QEMU's UEFI for x64.
    pub(crate) ovmf_guest: Answer,
}

/// Whether, and why.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    /// Whether the guest's firmware runs the ROM.
    pub(crate) boots: bool,
    /// Why.
    pub(crate) why: String,
}

impl Answer {
    /// Answers yes.
    fn yes(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { boots: true, why }
    }

    /// Answers no.
    fn no(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { boots: false, why }
    }
}

impl Report {
    /// Looks at a ROM.
    pub(crate) fn new(file: &str, bytes: &[u8], card: Option<DeviceId>) -> Self {
        let mut images = Vec::new();
        let mut broken = None;
        for item in rom::images(bytes) {
            match item {
                Ok(image) => images.push(image),
                Err(fault) => broken = Some(fault),
            }
        }
        let rom_size = match rom::extent(bytes, bytes.len()) {
            Extent::End(size) | Extent::Need(size) => size,
        };
        let ids = card.map(|card| (card.vendor, card.device));
        let status = rom::status(bytes, ids);
        let complete = |image: &Image<'_>| broken.is_none_or(|fault| fault.offset != image.offset);
        let whole: Vec<_> = images.iter().copied().filter(complete).collect();
        Self {
            file: file.to_owned(),
            size: bytes.len(),
            card,
            status: status.as_str(),
            explanation: explain(status, bytes, broken),
            rom_size,
            images: images
                .iter()
                .map(|image| ImageReport::new(image, card, complete(image)))
                .collect(),
            fault: broken.map(|fault| FaultReport {
                // The image at fault is the last one that was given, or the one after it.
                image: whole.len() + 1,
                offset: fault.offset,
                what: fault.fault.message(),
            }),
            verdict: Verdict {
                bios_guest: bios_guest(&whole, card),
                ovmf_guest: ovmf_guest(&whole),
            },
        }
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
        MACHINE_X64 => "x64",
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
fn explain(status: Status, rom: &[u8], broken: Option<Broken>) -> String {
    let all = |byte: u8| rom.iter().all(|&other| other == byte);
    match status {
        Status::Ok => "every image is whole and its checksum holds".into(),
        Status::None => "the file is empty".into(),
        Status::BadSignature if all(0xff) => {
            "every byte is ff: nothing answered where this was read".into()
        }
        Status::BadSignature if all(0) => {
            "every byte is 00: the card's memory decode was off when this was read, or it is a \
             shadow that no firmware filled"
                .into()
        }
        Status::BadSignature => match find(rom) {
            Some(offset) => format!(
                "it does not start with 55 AA, but there is an option ROM at byte {offset}; \
                 vendors' tools put a header before it, cut it off with: tail -c +{} FILE",
                offset + 1
            ),
            None => "it does not start with 55 AA: this is no option ROM".into(),
        },
        Status::NoPcir => format!(
            "the first image {}; ROMs of ISA cards are so",
            broken.map_or("has none", |broken| broken.fault.message())
        ),
        Status::Truncated => match broken {
            Some(broken) => format!(
                "the image at {:#x} {}",
                broken.offset,
                broken.fault.message()
            ),
            None => "it ends too early".into(),
        },
        Status::IdMismatch => "no image is for this card".into(),
        Status::BadChecksum => {
            "a legacy image was changed: by its own POST, if this is a shadow".into()
        }
    }
}

/// Returns where a ROM starts that something was put before, in bytes.
fn find(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len().saturating_sub(SECTOR)).find(|&offset| {
        bytes[offset..].starts_with(&[0x55, 0xaa])
            && rom::images(&bytes[offset..])
                .next()
                .is_some_and(|image| image.is_ok())
    })
}

/// Returns whether SeaBIOS runs the ROM: it takes the first legacy image that is for the card by
/// its own IDs, whatever the device list says, and demands that its checksum holds (`map_pcirom()`
/// and `is_valid_rom()` in its src/optionroms.c).
fn bios_guest(images: &[Image<'_>], card: Option<DeviceId>) -> Answer {
    let ids = |image: &Image<'_>| DeviceId {
        vendor: image.vendor,
        device: image.device,
    };
    let mut legacy = images
        .iter()
        .filter(|image| image.code_type == CodeType::X86);
    let Some(first) = legacy.clone().next() else {
        return Answer::no("there is no legacy image");
    };
    let fit = legacy.find(|image| card.is_none_or(|card| ids(image) == card));
    match (fit, card) {
        (Some(image), _) if image.checksum_holds() => {
            Answer::yes(format!("a legacy image for {}", ids(image)))
        }
        (Some(_), _) => Answer::no("the legacy image's checksum is wrong"),
        // QEMU's vfio_pci_load_rom() then writes the card's device ID into the first image, and
        // makes the sum of all bytes 0: right for an image that is alone.
        (None, Some(card)) if images.len() == 1 && first.vendor == card.vendor => {
            Answer::yes(format!(
                "a legacy image for {}; QEMU writes the card's device ID into it, but not if it is \
                 given as romfile=",
                ids(first)
            ))
        }
        (None, _) => Answer::no(format!("the legacy image is for {}", ids(first))),
    }
}

/// Returns whether OVMF runs the ROM: an EFI driver for x64, as it is or compressed in the way that
/// UEFI knows. It does not compare IDs (`LocalLoadFile2()` in EDK II's
/// MdeModulePkg/Bus/Pci/PciBusDxe/PciOptionRomSupport.c).
fn ovmf_guest(images: &[Image<'_>]) -> Answer {
    let mut why = "there is no EFI image; its screen stays dark until its own driver comes";
    for image in images
        .iter()
        .filter(|image| image.code_type == CodeType::Efi)
    {
        why = match image.efi() {
            None => "the EFI image's header has another signature",
            Some(header) if header.machine != MACHINE_X64 => {
                "the EFI image is for another processor than x64"
            }
            Some(header) if !matches!(header.subsystem, 11 | 12) => "the EFI image is no driver",
            Some(header) if header.compression > 1 => "the EFI image's compression is unknown",
            Some(header) if header.length > image.length => {
                "the EFI image is longer by its header than by its PCI data structure"
            }
            Some(header) if usize::from(header.image_offset) >= header.length => {
                "the EFI image's program is outside of it"
            }
            Some(_) => return Answer::yes("an EFI driver for x64"),
        };
    }
    Answer::no(why)
}
