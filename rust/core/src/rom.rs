// SPDX-License-Identifier: GPL-2.0

//! PCI option ROMs: the chain of images, and what is wrong with it.
//!
//! A ROM is a chain of images, each a multiple of 512 bytes long (PCI Firmware Specification 3.3,
//! section 5.1). An image starts with a header (signature `55 AA`), which points to the PCI data
//! structure (signature `PCIR`), which has the image's length, and says whether it is the last one.
//!
//! What is called `ok` here, `pci_map_rom()` takes as well and finds as long (`pci_get_rom_size()`
//! in drivers/pci/rom.c; one exception is at [`extent`]): this is how the PCI core and vfio-pci
//! will read the ROM later. Where that function gives up, this one goes on to say why, and what is
//! still worth keeping.
//!
//! # Bounds
//!
//! Whatever the bytes, a walk looks at no more than [`MAX_IMAGES`] images, reads no more than a
//! header and a data structure of each, and follows a device list for no more than [`MAX_DEVICES`]
//! entries. Only the checksum of legacy images reads them whole.

use crate::bytes::{
    u16_at,
    u32_at, //
};

/// The unit of an image's length, in bytes. Images also start at multiples of it.
pub const SECTOR: usize = 512;

/// The most images that a chain may have.
///
/// Real ROMs have one to six. The specification sets no limit; a ROM BAR of 16 MiB could hold
/// 32,768.
pub const MAX_IMAGES: usize = 32;

/// The most entries that are looked at in a device list.
pub const MAX_DEVICES: usize = 1024;

/// Bytes in an image's header, up to and with the pointer to the PCI data structure.
const HEADER_SIZE: usize = 0x1a;

/// Bytes in a PCI data structure of revision 0: as much as is common to all revisions.
///
/// The kernel rejects shorter ones (`PCI_ROM_DATA_STRUCT_MIN_LEN` in drivers/pci/rom.c).
const PCIR_SIZE: usize = 0x18;

/// The first bytes of every image.
const SIGNATURE: [u8; 2] = [0x55, 0xaa];

/// The first bytes of a PCI data structure.
const PCIR_SIGNATURE: [u8; 4] = *b"PCIR";

/// The signature of an EFI image's header, at offset 4 (UEFI Specification 2.10, section 14.4.2).
const EFI_SIGNATURE: u32 = 0x0ef1;

/// The bit of the indicator byte that marks the last image.
const LAST_IMAGE: u8 = 0x80;

/// The words of `rom_status`.
///
/// Where several apply, the first of this list is given: `none`, `bad-signature`, `no-pcir`,
/// `truncated`, `id-mismatch`, `bad-checksum`, `ok`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is wrong: the chain reaches its last image, the IDs fit, the checksums hold.
    Ok,
    /// The first image does not start with `55 AA`: there is no ROM here.
    BadSignature,
    /// The first image has no valid PCI data structure.
    NoPcir,
    /// The chain stops before its last image's end: a length of 0 or past the end of the ROM, a
    /// further image that was promised and is not there, or more than [`MAX_IMAGES`].
    Truncated,
    /// No image is for this card: see [`fits`].
    IdMismatch,
    /// A legacy image's bytes do not add up to 0: see [`Image::checksum_holds`].
    BadChecksum,
    /// There are no bytes.
    None,
}

impl Status {
    /// Returns the word as it stands in `rom_status`.
    #[inline(never)]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::BadSignature => "bad-signature",
            Self::NoPcir => "no-pcir",
            Self::Truncated => "truncated",
            Self::IdMismatch => "id-mismatch",
            Self::BadChecksum => "bad-checksum",
            Self::None => "none",
        }
    }
}

/// How far a ROM is to be read: the answer of [`extent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// At least this many bytes from the ROM's start are needed to decide. It is more than there
    /// were, at most the limit, and a multiple of [`SECTOR`] or the limit itself.
    Need(usize),
    /// So many bytes from the ROM's start are worth keeping: the whole chain, or of a broken one
    /// what can be told to belong to it. It may be more than there were: read on to here. It
    /// is at most the limit, a multiple of [`SECTOR`] or the limit itself, and 0 where there
    /// is no ROM.
    End(usize),
}

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
    /// There are more than [`MAX_IMAGES`] images.
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
    /// The image's offset in the ROM, in bytes: a multiple of [`SECTOR`].
    pub offset: usize,
    /// The offset of the PCI data structure from the image's start, in bytes: a multiple of 4.
    pub pcir_offset: usize,
    /// The PCI data structure's own length, in bytes: at least 24.
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
    /// The image's length in bytes: a multiple of [`SECTOR`]; 0 is an error.
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
    /// Reads the image at `offset` of a ROM of `limit` bytes, of which `rom` is there.
    #[inline(never)]
    fn read(rom: &'a [u8], limit: usize, offset: usize) -> Result<Self, Stop> {
        let tail = rom.get(offset..).unwrap_or_default();
        let room = limit.saturating_sub(offset);

        // The signature goes first: what is too short for a header and no ROM either has none.
        if room < SIGNATURE.len() {
            return Err(Stop::Broken(Fault::Header));
        }
        let Some(signature) = tail.first_chunk() else {
            return Err(Stop::need(offset, HEADER_SIZE, limit));
        };
        if *signature != SIGNATURE {
            return Err(Stop::Broken(Fault::Signature));
        }
        if room < HEADER_SIZE {
            return Err(Stop::Broken(Fault::Header));
        }
        let Some(pointer) = u16_at(tail, 0x18) else {
            return Err(Stop::need(offset, HEADER_SIZE, limit));
        };

        // At most 0xffff + 24: no sum of these can overflow, and checking costs nothing.
        let pcir_offset = usize::from(pointer);
        let pcir_end = pcir_offset.saturating_add(PCIR_SIZE);
        if pcir_offset % 4 != 0 || pcir_end > room {
            return Err(Stop::Broken(Fault::PcirPointer));
        }
        let Some(pcir) = tail.get(pcir_offset..).and_then(<[u8]>::first_chunk) else {
            return Err(Stop::need(offset, pcir_end, limit));
        };
        let image = Self::from_pcir(tail, offset, pcir_offset, pcir)?;
        if image.pcir_end() > room {
            return Err(Stop::Broken(Fault::PcirLength));
        }
        Ok(image)
    }

    /// Takes the fields from a PCI data structure.
    fn from_pcir(
        tail: &'a [u8],
        offset: usize,
        pcir_offset: usize,
        pcir: &[u8; PCIR_SIZE],
    ) -> Result<Self, Stop> {
        // The indices are constants below the array's length: the compiler checks them.
        let u16_of = |low: u8, high: u8| u16::from_le_bytes([low, high]);

        if [pcir[0], pcir[1], pcir[2], pcir[3]] != PCIR_SIGNATURE {
            return Err(Stop::Broken(Fault::PcirSignature));
        }
        let pcir_length = u16_of(pcir[0x0a], pcir[0x0b]);
        if usize::from(pcir_length) < PCIR_SIZE || pcir_length == u16::MAX {
            return Err(Stop::Broken(Fault::PcirLength));
        }
        Ok(Self {
            tail,
            offset,
            pcir_offset,
            pcir_length: pcir_length.into(),
            vendor: u16_of(pcir[0x04], pcir[0x05]),
            device: u16_of(pcir[0x06], pcir[0x07]),
            device_list_offset: u16_of(pcir[0x08], pcir[0x09]),
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
    /// bits wide in a legacy header, 16 in an EFI one, in units of [`SECTOR`].
    #[inline]
    pub fn initialization_length(&self) -> usize {
        initialization_length(self.tail)
    }

    /// Returns the further device IDs that the image is for: those of the device list, which only
    /// revision 3 has, up to its terminating 0, the image's end or [`MAX_DEVICES`].
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
    /// one of the device list.
    #[inline(never)]
    pub fn fits(&self, vendor: u16, device: u16) -> bool {
        self.vendor == vendor
            && (self.device == device || self.device_list().any(|other| other == device))
    }

    /// Returns the sum, modulo 256, of the bytes that the header says are to be run.
    ///
    /// There is none where the header says 0, or more than the ROM has. What the header says goes
    /// before the image's length, for a BIOS knows nothing else; see [`extent`].
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
        if self.code_type != CodeType::Efi || u32_at(self.tail, 4)? != EFI_SIGNATURE {
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

    /// Returns the end of the PCI data structure, in bytes from the image's start: at most 128 KiB.
    fn pcir_end(&self) -> usize {
        self.pcir_offset.saturating_add(self.pcir_length)
    }

    /// Returns the end of the image, in bytes from the ROM's start.
    fn end(&self) -> usize {
        self.offset.saturating_add(self.length)
    }

    /// Returns the offset of the next image in a ROM of `limit` bytes, or nothing after the last
    /// one.
    fn next(&self, limit: usize) -> Result<Option<usize>, Fault> {
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

/// Why no image could be read.
enum Stop {
    /// So many bytes from the ROM's start are needed.
    Need(usize),
    /// The image is broken.
    Broken(Fault),
}

impl Stop {
    /// Asks for `size` bytes from `offset` on, in whole sectors.
    fn need(offset: usize, size: usize, limit: usize) -> Self {
        Self::Need(whole_sectors(offset.saturating_add(size)).min(limit))
    }
}

/// Every image of a chain: see [`images`].
#[derive(Clone, Debug)]
pub struct Images<'a> {
    /// The ROM.
    rom: &'a [u8],
    /// Where the next image starts, or why there is none; nothing at the end.
    next: Option<Result<usize, Broken>>,
    /// How many images there were.
    count: usize,
}

impl<'a> Iterator for Images<'a> {
    type Item = Result<Image<'a>, Broken>;

    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        let offset = match self.next.take()? {
            Ok(offset) => offset,
            Err(broken) => return Some(Err(broken)),
        };
        if self.count >= MAX_IMAGES {
            let fault = Fault::TooMany;
            return Some(Err(Broken { offset, fault }));
        }
        self.count = self.count.saturating_add(1);
        let limit = self.rom.len();
        match Image::read(self.rom, limit, offset) {
            Ok(image) => {
                let next = image.next(limit);
                self.next = next.map_err(|fault| Broken { offset, fault }).transpose();
                Some(Ok(image))
            }
            Err(Stop::Broken(fault)) => Some(Err(Broken { offset, fault })),
            // All there is was there: nothing can be needed.
            Err(Stop::Need(_)) => Some(Err(Broken {
                offset,
                fault: Fault::Header,
            })),
        }
    }
}

/// Returns every image of the chain in `rom`, and where the chain is broken at last [`Broken`].
///
/// An image whose header and PCI data structure can be read, but whose length is wrong, is given
/// first, and what is wrong with it after it.
pub fn images(rom: &[u8]) -> Images<'_> {
    Images {
        rom,
        next: Some(Ok(0)),
        count: 0,
    }
}

/// Returns how far to read a ROM of which only `prefix` was read so far.
///
/// `limit` is the most that can be read, in bytes: the size of the ROM BAR. Called again with what
/// it asks for, it comes to an [`Extent::End`] within 3 × [`MAX_IMAGES`] calls, and no byte has to
/// be read twice.
///
/// A legacy image's header may say that more is to be run than the image is long: some cards' PCI
/// data structure has too small a length, for which EDK II makes up as well (`LoadOpRomImage()`).
/// What is to be run is kept then, if it is within the limit. Of such a ROM `pci_get_rom_size()`
/// loses the end.
///
/// Of a broken chain are kept:
/// - nothing, where there is no image at the start;
/// - where the first image has no PCI data structure, as much as its header says (as for an ISA
///   card);
/// - where a later image has no valid header, the images before it;
/// - where an image's length is 0, or leaves out its own PCI data structure, the longest of its
///   length, what its header says, and its PCI data structure;
/// - where an image goes past the limit, everything up to the limit.
///
/// [`status`] gives the same answer for what is kept as for the whole ROM, as long as something is
/// kept.
pub fn extent(prefix: &[u8], limit: usize) -> Extent {
    let prefix = prefix.get(..limit).unwrap_or(prefix);
    let mut offset = 0;
    let mut run_end = 0;
    for _ in 0..MAX_IMAGES {
        let image = match Image::read(prefix, limit, offset) {
            Ok(image) => image,
            Err(Stop::Need(size)) => return Extent::Need(size),
            Err(Stop::Broken(Fault::Signature)) => return Extent::End(offset),
            Err(Stop::Broken(_)) if offset == 0 => {
                return Extent::End(initialization_length(prefix).min(limit));
            }
            Err(Stop::Broken(_)) => return Extent::End(offset),
        };
        if image.code_type == CodeType::X86 {
            let end = offset.saturating_add(image.initialization_length());
            if end <= limit {
                run_end = end.max(run_end);
            }
        }
        match image.next(limit) {
            Ok(Some(next)) => offset = next,
            Ok(None) => return Extent::End(image.end().max(run_end)),
            Err(_) => {
                let length = image
                    .length
                    .max(image.initialization_length())
                    .max(image.pcir_end());
                let end = whole_sectors(offset.saturating_add(length));
                return Extent::End(end.min(limit));
            }
        }
    }
    Extent::End(offset)
}

/// Returns the word for `rom_status`: see [`Status`] for what each means and which goes first.
///
/// `identity` is the card's vendor and device ID; without it, IDs are not compared. `rom` is what
/// was read of it, be it cut to [`Extent::End`] or longer; where that is 0 and something was read,
/// give what was read.
pub fn status(rom: &[u8], identity: Option<(u16, u16)>) -> Status {
    if rom.is_empty() {
        return Status::None;
    }
    let mut checksums_hold = true;
    for image in images(rom) {
        match image {
            Ok(image) => checksums_hold &= image.checksum_holds(),
            Err(broken) => return broken.status(),
        }
    }
    if identity.is_some_and(|(vendor, device)| !fits(rom, vendor, device)) {
        Status::IdMismatch
    } else if !checksums_hold {
        Status::BadChecksum
    } else {
        Status::Ok
    }
}

/// Returns whether a ROM is the card's own: whether one of its images, of whatever code type, is
/// for the card with these IDs.
///
/// One image is enough: the other ones may be the same for a family of cards, with the IDs of its
/// first. A broken chain is looked at as far as it goes, so that it serves for the shadow, of which
/// POST left only a part.
pub fn fits(rom: &[u8], vendor: u16, device: u16) -> bool {
    images(rom).any(|image| image.is_ok_and(|image| image.fits(vendor, device)))
}

/// Returns a length in bytes that is given in sectors: at most 32 MiB.
fn sectors(count: u16) -> usize {
    usize::from(count).saturating_mul(SECTOR)
}

/// Returns `size` rounded up to whole sectors.
fn whole_sectors(size: usize) -> usize {
    size.checked_next_multiple_of(SECTOR).unwrap_or(usize::MAX)
}

/// Returns the initialization length, in bytes, of the image that starts with `header`.
fn initialization_length(header: &[u8]) -> usize {
    let length = u16_at(header, 2).unwrap_or_default();
    if u32_at(header, 4) == Some(EFI_SIGNATURE) {
        sectors(length)
    } else {
        // The byte that follows is already the jump to the code.
        sectors(length & 0xff)
    }
}
