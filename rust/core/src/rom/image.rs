// SPDX-License-Identifier: GPL-2.0

//! One image of a ROM.

use crate::bytes::{
    u16_at,
    u32_at, //
};

use super::{
    sectors,
    view::{
        Need,
        View, //
    },
    whole_multiple,
    Status,
    ANY_DEVICE,
    MAX_DEVICES, //
};

/// Bytes in an image's header, up to and with the pointer to the PCI data structure.
const HEADER_SIZE: usize = 0x1a;

/// Bytes in a PCI data structure of revision 0: as much as is common to all revisions.
///
/// The kernel rejects shorter ones (`PCI_ROM_DATA_STRUCT_MIN_LEN` in drivers/pci/rom.c).
const PCIR_SIZE: usize = 0x18;

/// The signature of an EFI image's header, at offset 4 (UEFI Specification 2.10, section 14.4.2).
const EFI_SIGNATURE: u32 = 0x0ef1;

/// The bit of the indicator byte that marks the last image.
const LAST_IMAGE: u8 = 0x80;

/// What is wrong with an image, so that the chain stops there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The ROM ends before the image's header does.
    Header,
    /// The image does not start with `55 AA`.
    Signature,
    /// The pointer to the PCI data structure is no multiple of 4, or points past the end of the
    /// ROM.
    PcirPointer,
    /// What the pointer points to is no PCI data structure.
    PcirSignature,
    /// The PCI data structure's own length is less than 24, or goes past the end of the ROM.
    PcirLength,
    /// The image's length is 0.
    LengthZero,
    /// The image's length is so short that its own PCI data structure is outside.
    LengthShort,
    /// The image's length goes past the end of the ROM.
    PastEnd,
    /// There are more than [`MAX_IMAGES`](super::MAX_IMAGES) images.
    TooMany,
}

impl Fault {
    /// Returns what is wrong, as the rest of a sentence that starts with the image.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Header => "is missing: the ROM ends where its header should be",
            Self::Signature => "does not start with 55 AA",
            Self::PcirPointer => "points to no PCI data structure: misaligned or past the end",
            Self::PcirSignature => "points to no PCI data structure: there is no PCIR",
            Self::PcirLength => "has a PCI data structure with an impossible length",
            Self::LengthZero => "has length 0",
            Self::LengthShort => "is shorter than what its header points to",
            Self::PastEnd => "goes past the end of the ROM",
            Self::TooMany => "is one too many",
        }
    }
}

/// Where a chain stops, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The image's offset in the ROM, in bytes.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: Fault,
}

impl Broken {
    /// Returns the word for it.
    ///
    /// What is wrong with a later image's header means that the chain ends too early: the first
    /// image promised one.
    pub const fn status(self) -> Status {
        match (self.offset, self.fault) {
            (0, Fault::Signature) => Status::BadSignature,
            (0, Fault::PcirPointer | Fault::PcirSignature | Fault::PcirLength) => Status::NoPcir,
            _ => Status::Truncated,
        }
    }
}

/// Why no image could be read.
pub(super) enum Stop {
    /// There are too few bytes.
    Need(Need),
    /// The image is broken.
    Broken(Fault),
}

impl From<Need> for Stop {
    fn from(need: Need) -> Self {
        Self::Need(need)
    }
}

/// Whose signature an image starts with, and its PCI data structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// `55 AA` and `PCIR`, as the specification has it.
    Standard,
    /// `56 4E`, and `NPDS` or `PCIR`: NVIDIA's own, for its drivers only (`PciRomHeader` and
    /// `PcirStruct` in drivers/gpu/nova-core/vbios.rs).
    Nvidia,
}

impl Signature {
    /// Returns the first bytes of an image.
    const fn bytes(self) -> [u8; 2] {
        match self {
            Self::Standard => [0x55, 0xaa],
            Self::Nvidia => [0x56, 0x4e],
        }
    }

    /// Returns whether a PCI data structure may start so.
    fn takes(self, pcir: [u8; 4]) -> bool {
        pcir == *b"PCIR" || (self == Self::Nvidia && pcir == *b"NPDS")
    }
}

/// Whom an image's code is for (PCI Firmware Specification 3.3, section 5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeType {
    /// 0: x86 real mode, for a PC's BIOS. Called legacy.
    X86,
    /// 1: Open Firmware.
    OpenFirmware,
    /// 2: HP PA-RISC.
    PaRisc,
    /// 3: UEFI.
    Efi,
    /// Reserved by the specification. Vendors keep data of their own in such images.
    Other(u8),
}

impl From<u8> for CodeType {
    fn from(code: u8) -> Self {
        match code {
            0 => Self::X86,
            1 => Self::OpenFirmware,
            2 => Self::PaRisc,
            3 => Self::Efi,
            other => Self::Other(other),
        }
    }
}

/// The header of an EFI image (UEFI Specification 2.10, section 14.4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfiHeader {
    /// The image's length by this header, in bytes.
    pub length: usize,
    /// The PE/COFF subsystem: 11 is a boot service driver, 12 a runtime driver.
    pub subsystem: u16,
    /// The PE/COFF machine: 0x8664 is x64, 0x14c IA32, 0xaa64 AArch64, 0xebc EFI byte code.
    pub machine: u16,
    /// 0: not compressed; 1: by the UEFI compression algorithm.
    pub compression: u16,
    /// The offset of the PE/COFF image from the start of this image, in bytes.
    pub image_offset: u16,
}

/// One image of a ROM, with the fields of its PCI data structure (PCI Firmware Specification 3.3,
/// section 5.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image<'a> {
    /// The ROM from this image's start on.
    tail: &'a [u8],
    /// Whose signature it starts with.
    pub signature: Signature,
    /// The image's offset in the ROM, in bytes: a multiple of [`SECTOR`](super::SECTOR).
    pub offset: usize,
    /// The offset of the PCI data structure from the image's start, in bytes: a multiple of 4 but
    /// for SeaBIOS.
    pub pcir_offset: usize,
    /// The PCI data structure's own length, in bytes: at least 24 but for SeaBIOS and EDK II.
    pub pcir_length: usize,
    /// The PCI data structure's revision: 0 up to PCI 2.3, 3 since then.
    pub revision: u8,
    /// The vendor ID of the card that the image is for.
    pub vendor: u16,
    /// The device ID of the card that the image is for; revision 3 can name more, see
    /// [`device_list`](Self::device_list).
    pub device: u16,
    /// The offset of the device list from the PCI data structure's start, in bytes, or 0. Before
    /// revision 3, a pointer to vital product data, to be ignored.
    pub device_list_offset: u16,
    /// The class code: base class, subclass and interface, 24 bits.
    pub class: u32,
    /// The image's length in bytes: a multiple of [`SECTOR`](super::SECTOR); 0 is an error.
    pub length: usize,
    /// The revision of the code, in the vendor's own counting.
    pub vendor_revision: u16,
    /// Whom the code is for.
    pub code_type: CodeType,
    /// Whether this is the last image.
    pub last: bool,
    /// The most that the image takes at run time, in bytes. Revision 3 only; reserved before.
    pub runtime_length: usize,
}

impl<'a> Image<'a> {
    /// Reads the image at `offset`: with a header and a PCI data structure that are within the ROM
    /// and have their signatures, the latter where the specification allows it.
    pub(super) fn read(view: &View<'a>, offset: usize) -> Result<Self, Stop> {
        Self::at(view, offset, Signature::Standard, true)
    }

    /// Reads the image at `offset`, wherever its PCI data structure is.
    #[inline]
    pub(super) fn anywhere(view: &View<'a>, offset: usize) -> Result<Self, Stop> {
        Self::at(view, offset, Signature::Standard, false)
    }

    /// Reads the image at `offset`, and demands that its PCI data structure is whole.
    pub(super) fn valid(view: &View<'a>, offset: usize) -> Result<Self, Stop> {
        let image = Self::read(view, offset)?;
        let room = view.limit.saturating_sub(offset);

        if image.pcir_length < PCIR_SIZE
            || image.pcir_length == usize::from(u16::MAX)
            || image.pcir_end() > room
        {
            return Err(Stop::Broken(Fault::PcirLength));
        }
        Ok(image)
    }

    /// Reads the image of NVIDIA's own kind at `offset`.
    pub(super) fn nvidia(view: &View<'a>, offset: usize) -> Result<Self, Stop> {
        Self::at(view, offset, Signature::Nvidia, false)?.extended(view)
    }

    /// Takes the length and the end of the chain from the structure `NPDE` behind the PCI data
    /// structure, where there is one (`NpdeStruct::find_in_data()` in
    /// drivers/gpu/nova-core/vbios.rs). An image of code type 0x70 has none, and is the last one.
    pub(super) fn extended(mut self, view: &View<'_>) -> Result<Self, Stop> {
        let npde = whole_multiple(self.pcir_end(), 0x10);
        let npde = view.get::<0xb>(self.offset.saturating_add(npde))?;

        if self.code_type == CodeType::Other(0x70) {
            self.last = true;
        } else if let Some(&[b'N', b'P', b'D', b'E', _, _, _, _, low, high, last]) = npde {
            if (low, high) != (0, 0) {
                self.length = sectors(u16::from_le_bytes([low, high]));
                self.last = last & LAST_IMAGE != 0;
            }
        }
        Ok(self)
    }

    /// Reads the image at `offset`, with a PCI data structure anywhere, or only where the
    /// specification allows it.
    #[inline(never)]
    fn at(
        view: &View<'a>,
        offset: usize,
        signature: Signature,
        aligned: bool,
    ) -> Result<Self, Stop> {
        // The signature goes first: what is too short for a header and no ROM either has none.
        match view.get(offset)? {
            None => return Err(Stop::Broken(Fault::Header)),
            Some(bytes) if *bytes != signature.bytes() => {
                return Err(Stop::Broken(Fault::Signature));
            }
            Some(_) => {}
        }
        let Some(header) = view.get::<HEADER_SIZE>(offset)? else {
            return Err(Stop::Broken(Fault::Header));
        };

        let pcir_offset = u16::from_le_bytes([header[0x18], header[0x19]]).into();
        let pcir = view.get(offset.saturating_add(pcir_offset))?;
        let Some(pcir) = pcir.filter(|_| !aligned || pcir_offset % 4 == 0) else {
            return Err(Stop::Broken(Fault::PcirPointer));
        };
        Self::from_pcir(view.tail(offset), signature, offset, pcir_offset, pcir)
            .ok_or(Stop::Broken(Fault::PcirSignature))
    }

    /// Takes the fields from a PCI data structure, if it is one.
    fn from_pcir(
        tail: &'a [u8],
        signature: Signature,
        offset: usize,
        pcir_offset: usize,
        pcir: &[u8; PCIR_SIZE],
    ) -> Option<Self> {
        // The indices are constants below the array's length: the compiler checks them.
        let u16_of = |low: u8, high: u8| u16::from_le_bytes([low, high]);

        if !signature.takes([pcir[0], pcir[1], pcir[2], pcir[3]]) {
            return None;
        }
        Some(Self {
            tail,
            signature,
            offset,
            pcir_offset,
            vendor: u16_of(pcir[0x04], pcir[0x05]),
            device: u16_of(pcir[0x06], pcir[0x07]),
            device_list_offset: u16_of(pcir[0x08], pcir[0x09]),
            pcir_length: u16_of(pcir[0x0a], pcir[0x0b]).into(),
            revision: pcir[0x0c],
            class: u32::from_le_bytes([pcir[0x0d], pcir[0x0e], pcir[0x0f], 0]),
            length: sectors(u16_of(pcir[0x10], pcir[0x11])),
            vendor_revision: u16_of(pcir[0x12], pcir[0x13]),
            code_type: pcir[0x14].into(),
            last: pcir[0x15] & LAST_IMAGE != 0,
            runtime_length: sectors(u16_of(pcir[0x16], pcir[0x17])),
        })
    }

    /// Returns the image's bytes, without those that are past the end of the ROM.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        self.tail.get(..self.length).unwrap_or(self.tail)
    }

    /// Returns how many bytes the header says are to be run: the initialization length, which is 8
    /// bits wide in a legacy header, 16 in an EFI one, in units of [`SECTOR`](super::SECTOR).
    #[inline]
    pub fn initialization_length(&self) -> usize {
        match self.code_type {
            CodeType::X86 => sectors(u16::from(self.tail.get(2).copied().unwrap_or_default())),
            _ => header_length(self.tail),
        }
    }

    /// Returns whether the header has the signature of an EFI image's.
    fn has_efi_signature(&self) -> bool {
        u32_at(self.tail, 4) == Some(EFI_SIGNATURE)
    }

    /// Returns the further device IDs that the image is for: those of the device list, which only
    /// revision 3 has, up to its terminating 0, the image's end or
    /// [`MAX_DEVICES`](super::MAX_DEVICES).
    #[inline]
    pub fn device_list(&self) -> impl Iterator<Item = u16> + 'a {
        let list = match self.device_list_offset {
            0 => None,
            _ if self.revision < 3 => None,
            from_pcir => self
                .pcir_offset
                .checked_add(usize::from(from_pcir))
                .and_then(|start| self.bytes().get(start..)),
        };
        list.unwrap_or_default()
            .chunks_exact(2)
            .take(MAX_DEVICES)
            .map_while(|entry| u16_at(entry, 0))
            .take_while(|&device| device != 0)
    }

    /// Returns whether the image is for the card with these IDs: its vendor, and its device ID or
    /// one of the device list. The device ID [`ANY_DEVICE`](super::ANY_DEVICE) stands for every one
    /// of the vendor's.
    #[inline(never)]
    pub fn fits(&self, vendor: u16, device: u16) -> bool {
        self.vendor == vendor
            && (self.device == device
                || self.device == ANY_DEVICE
                || self.device_list().any(|other| other == device))
    }

    /// Returns the sum, modulo 256, of the bytes that the header says are to be run.
    ///
    /// There is none where the header says 0, or more than the ROM has. What the header says goes
    /// before the image's length, for a BIOS knows nothing else; see [`extent`](super::extent).
    #[inline]
    pub fn sum(&self) -> Option<u8> {
        match self.initialization_length() {
            0 => None,
            length => Some(
                self.tail
                    .get(..length)?
                    .iter()
                    .fold(0, |sum: u8, &byte| sum.wrapping_add(byte)),
            ),
        }
    }

    /// Returns whether the checksum holds.
    ///
    /// A legacy image's bytes, as many as its header says are to be run, add up to 0 modulo 256
    /// (PCI Firmware Specification 3.3, section 5); without that no BIOS runs it. For other
    /// code types nothing is demanded, and this is true.
    #[inline]
    pub fn checksum_holds(&self) -> bool {
        self.code_type != CodeType::X86 || self.sum() == Some(0)
    }

    /// Returns the header that an EFI image has; [`None`] for another image, or if its signature is
    /// not there.
    #[inline]
    pub fn efi(&self) -> Option<EfiHeader> {
        if self.code_type != CodeType::Efi || !self.has_efi_signature() {
            return None;
        }
        Some(EfiHeader {
            length: self.initialization_length(),
            subsystem: u16_at(self.tail, 8)?,
            machine: u16_at(self.tail, 0xa)?,
            compression: u16_at(self.tail, 0xc)?,
            image_offset: u16_at(self.tail, 0x16)?,
        })
    }

    /// Returns the end of the part of the PCI data structure that everybody reads, in bytes from
    /// the ROM's start.
    pub(super) fn pcir_reach(&self) -> usize {
        self.offset
            .saturating_add(self.pcir_offset)
            .saturating_add(PCIR_SIZE)
    }

    /// Returns the end of the PCI data structure, in bytes from the image's start: at most 128 KiB.
    pub(super) fn pcir_end(&self) -> usize {
        self.pcir_offset.saturating_add(self.pcir_length)
    }

    /// Returns the end of the image, in bytes from the ROM's start.
    pub(super) fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }

    /// Returns the offset of the next image in a ROM of `limit` bytes, or nothing after the last
    /// one.
    pub(super) fn next(&self, limit: usize) -> Result<Option<usize>, Fault> {
        if self.length == 0 {
            Err(Fault::LengthZero)
        } else if self.length < self.pcir_end() {
            Err(Fault::LengthShort)
        } else if self.end() > limit {
            Err(Fault::PastEnd)
        } else if self.last {
            Ok(None)
        } else {
            Ok(Some(self.end()))
        }
    }
}

/// Returns the initialization length, in bytes, of the image that starts with `header`, whatever
/// its PCI data structure says.
pub(super) fn header_length(header: &[u8]) -> usize {
    let wide = u16_at(header, 2).unwrap_or_default();

    match u32_at(header, 4) {
        Some(EFI_SIGNATURE) => sectors(wide),
        // The byte that follows is already the jump to the code.
        _ => sectors(wide & 0xff),
    }
}
