// SPDX-License-Identifier: GPL-2.0

//! PCI option ROMs: the chain of images, who makes what of it, and what is wrong with it.
//!
//! A ROM is a chain of images, each a multiple of 512 bytes long (PCI Firmware Specification 3.3,
//! section 5.1). An image starts with a header (signature `55 AA`), which points to the PCI data
//! structure (signature `PCIR`), which has the image's length, and says whether it is the last one.
//!
//! # Who makes what of it
//!
//! Three walk along the chain, and differ where it is not as the specification has it:
//!
//! |                            | [`linux`]     | [`edk2`] (OVMF)   | [`seabios`]         |
//! |----------------------------|---------------|-------------------|---------------------|
//! | no signature               | ends          | tries 512 further | ends                |
//! | `PCIR` at no multiple of 4 | ends          | ends              | takes it            |
//! | `PCIR` of length under 24  | ends          | takes it          | takes it            |
//! | length 0                   | ends          | ends              | hangs               |
//! | past the end of the ROM    | cuts it       | ends              | takes it            |
//! | code type                  | takes any     | runs 3            | runs 0              |
//! | IDs                        | takes any     | takes any         | the card's          |
//! | checksum                   | -             | -                 | of what the header says |
//!
//! QEMU reads the ROM of a card that vfio-pci has from the kernel, and writes the card's device ID
//! into the first image if only the vendor is the card's (`vfio_pci_load_rom()` in its
//! hw/vfio/pci.c); a file that it is given as `romfile=` it leaves as it is.
//!
//! [`images`] is the chain as the specification has it, and [`status`] the word for it. Every ROM
//! that is `ok` is accepted by `pci_map_rom()`, with the same length, but for two exceptions: a
//! legacy image that is longer by its header than by its PCI data structure, and images of NVIDIA's
//! own kind, which `pci_map_rom()` leaves out. [`extent`] says how much to keep, so that none of
//! the three readers misses anything.
//!
//! # Bounds
//!
//! Whatever the bytes, a walk takes no more steps than the ROM has sectors, and reads no more than
//! a header and a data structure at each; the chain has no more than [`MAX_IMAGES`] images, and a
//! device list no more than [`MAX_DEVICES`] entries. Only the checksum of legacy images reads them
//! whole.

mod chain;
mod choice;
pub mod dump;
pub mod edk2;
mod image;
pub mod linux;
pub mod nvidia;
pub mod seabios;
mod view;

pub use self::{
    chain::{
        images,
        Images, //
    },
    choice::{
        shown,
        Worth, //
    },
    image::{
        Broken,
        CodeType,
        EfiHeader,
        Fault,
        Image,
        Signature, //
    },
};

use self::view::{
    Need,
    View, //
};

/// The unit of an image's length, in bytes. Images also start at multiples of it.
pub const SECTOR: usize = 512;

/// The most images that a chain may have.
///
/// Real ROMs have one to six. The specification sets no limit; a ROM BAR of 16 MiB could hold
/// 32,768.
pub const MAX_IMAGES: usize = 256;

/// The most calls of [`extent`] that it takes, for a ROM of up to 4 GiB.
pub const MAX_READS: usize = 128;

/// The most entries that are looked at in a device list.
pub const MAX_DEVICES: usize = 1024;

/// The device ID of an image that is for every device of its vendor. No device has it; images for
/// Intel's integrated graphics do.
pub const ANY_DEVICE: u16 = 0xffff;

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
    /// further image that was promised and is not there, or more than [`MAX_IMAGES`]. The kernel
    /// shows what is before that; [`edk2`] may find more.
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

/// Returns how far to read a ROM of which only `prefix` was read so far.
///
/// `limit` is the most that can be read, in bytes: the size of the ROM BAR. Called again with what
/// it asks for, it comes to an [`Extent::End`] within [`MAX_READS`] calls, and no byte has to be
/// read twice. Where the chain ends without a last image, EDK II looks on up to the end of the ROM
/// BAR ([`edk2`]), and so all of it is asked for.
///
/// Everything is kept that belongs to the chain, and whatever [`linux`], [`edk2`] or [`seabios`]
/// can use of it.
///
/// A legacy image's header may say that more is to be run than the image is long: some cards' PCI
/// data structure has too small a length, for which EDK II makes up as well (`LoadOpRomImage()`).
/// What is to be run is kept then, if it is within the limit. Of such a ROM `pci_get_rom_size()`
/// loses the end.
///
/// Of a broken chain are kept besides:
/// - nothing, where there is no image at the start;
/// - where the first image has no PCI data structure, as much as its header says (as for an ISA
///   card);
/// - where an image's length is 0, or leaves out its own PCI data structure, that;
/// - where an image goes past the limit, everything up to the limit.
///
/// [`status`] gives the same answer for what is kept as for the whole ROM, as long as something is
/// kept, and each of the three makes the same of it.
pub fn extent(prefix: &[u8], limit: usize) -> Extent {
    let view = View::new(prefix, limit);

    match reach(&view) {
        Ok(size) => Extent::End(whole_sectors(size).min(limit)),
        Err(Need(size)) => Extent::Need(view.next_size(size)),
    }
}

/// Returns how many bytes of a ROM are to be kept.
fn reach(view: &View<'_>) -> Result<usize, Need> {
    Ok(chain::reach(view)?
        .max(linux::walk(view)?.reach)
        .max(edk2::reach(view)?)
        .max(seabios::reach(view)?))
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
/// first. A broken chain is looked at up to where it breaks, so that it serves for the shadow, of
/// which POST left only a part; and on from there as EDK II does.
pub fn fits(rom: &[u8], vendor: u16, device: u16) -> bool {
    let fits = |image: Image<'_>| image.fits(vendor, device);

    images(rom).any(|image| image.is_ok_and(fits)) || edk2::images(rom).any(fits)
}

/// Returns a length in bytes that is given in sectors: at most 32 MiB.
fn sectors(count: u16) -> usize {
    usize::from(count).saturating_mul(SECTOR)
}

/// Returns `size` rounded up to whole sectors.
fn whole_sectors(size: usize) -> usize {
    whole_multiple(size, SECTOR)
}

/// Returns `size` rounded up to a multiple of `unit`.
fn whole_multiple(size: usize, unit: usize) -> usize {
    size.checked_next_multiple_of(unit).unwrap_or(usize::MAX)
}
