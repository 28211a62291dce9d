// SPDX-License-Identifier: GPL-2.0

//! Which guests a ROM boots: what QEMU shows of it to a guest, and what the guest's firmware makes of
//! that.

use serde::Serialize;
use vga_stub_core::rom::{
    self,
    edk2::Driver,
    linux,
    seabios,
    CodeType,
    Image, //
};

use super::report::DeviceId;

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
    /// Whether the guest's firmware runs the ROM; nothing where the file does not tell.
    pub(crate) boots: Option<bool>,
    /// Whether it does so where QEMU has the ROM from the card, by vfio-pci.
    pub(crate) from_card: bool,
    /// Whether it does so where QEMU has it from a file, by romfile=.
    pub(crate) from_file: bool,
    /// Why.
    pub(crate) why: String,
}

impl Verdict {
    /// Looks at a ROM that is for the card, or for whichever it says. `file` is the ROM with what follows
    /// it in the file, `extracted` whether QEMU gets the ROM only.
    pub(crate) fn new(rom: &[u8], file: &[u8], extracted: bool, card: Option<DeviceId>) -> Self {
        let shown = from_card(rom, card);
        let padded = from_file(if extracted { rom } else { file });
        let answer = |firmware: &dyn Fn(&[u8]) -> Result<String, String>| {
            Answer::new(firmware(&shown), firmware(&padded), || {
                why_other(rom, &shown, card)
            })
        };
        Self {
            bios_guest: answer(&|rom| bios(rom, card)).unless_legacy_cut(file),
            ovmf_guest: answer(&ovmf).unless_cut(file),
        }
    }
}

impl Answer {
    /// Puts together what is made of the ROM from the card and from a file.
    fn new(
        card: Result<String, String>,
        file: Result<String, String>,
        why_other: impl Fn() -> String,
    ) -> Self {
        let (from_card, from_file) = (card.is_ok(), file.is_ok());
        let why = match (card, file) {
            (Ok(why), Ok(_)) => why,
            (Err(_), Ok(why)) => format!("{why}, if it is given as romfile=; {}", why_other()),
            (Ok(why), Err(_)) => {
                format!("{why}, but not if it is given as romfile=; {}", why_other())
            }
            (Err(_), Err(why)) => why,
        };
        Self {
            boots: Some(from_card || from_file),
            from_card,
            from_file,
            why,
        }
    }

    /// Where the file was cut and the missing part is the legacy image's, it does not tell.
    fn unless_legacy_cut(self, file: &[u8]) -> Self {
        let image = rom::dump::cut(file).and_then(|cut| cut.image);

        if self.boots == Some(true) || image.is_none_or(|image| image.code_type != CodeType::X86) {
            return self;
        }
        Self::unknown("the legacy image is not whole in the file")
    }

    /// Where the file was cut and the missing part is or may be the EFI image, it does not tell.
    fn unless_cut(self, file: &[u8]) -> Self {
        let Some(cut) = rom::dump::cut(file) else {
            return self;
        };
        let whole = cut.image.and_then(|image| file.get(..image.offset));
        let why = match cut.image {
            // What is there of it goes by its header for a driver, padded as it then is.
            Some(image) if image.code_type == CodeType::Efi => {
                if whole.is_some_and(|rom| ovmf(rom).is_ok()) {
                    return self;
                }
                "the EFI image is not whole in the file"
            }
            // What is missing is the rest of the last image, and that is no EFI image.
            Some(image) if image.last => return self,
            _ if self.boots == Some(true) => return self,
            _ => "the file does not tell: an image is missing that may be the EFI image",
        };
        Self::unknown(why)
    }

    /// The file does not tell.
    fn unknown(why: &str) -> Self {
        Self {
            boots: None,
            from_card: false,
            from_file: false,
            why: why.into(),
        }
    }
}

/// The smallest ROM BAR, in bytes. EDK II takes it for none (`GetOpRomInfo()` in
/// PciOptionRomSupport.c), and no card is known to have one.
const SMALLEST_BAR: usize = 2048;

/// Returns what a guest reads where QEMU has the ROM from the card: what the kernel shows, then ff,
/// with the card's device ID in the first image if the vendor is the card's. QEMU then makes the sum
/// of all bytes 0 by byte 6 (`vfio_pci_load_rom()` in hw/vfio/pci.c).
fn from_card(rom: &[u8], card: Option<DeviceId>) -> Vec<u8> {
    let size = linux::size(rom);
    // Without a valid image, vfio-pci has no ROM to show.
    if size == 0 {
        return Vec::new();
    }
    let mut shown = rom[..size].to_vec();
    let bar = rom.len().max(2 * SMALLEST_BAR).next_power_of_two();
    shown.resize(bar, 0xff);
    let first = rom::images(&shown).next().and_then(Result::ok);
    let Some((card, first)) = card.zip(first) else {
        return shown;
    };
    if first.vendor == card.vendor && first.device != card.device {
        let at = first.pcir_offset + 6;
        shown[at..at + 2].copy_from_slice(&card.device.to_le_bytes());
        shown[6] = 0;
        let sum = shown.iter().fold(0u8, |sum, &byte| sum.wrapping_add(byte));
        shown[6] = sum.wrapping_neg();
    }
    shown
}

/// Returns what a guest reads where QEMU has the ROM from a file: that, then 00
/// (`pci_add_option_rom()` in hw/pci/pci.c).
fn from_file(rom: &[u8]) -> Vec<u8> {
    let mut shown = rom.to_vec();
    shown.resize(rom.len().max(SMALLEST_BAR).next_power_of_two(), 0);
    shown
}

/// Returns why a guest sees something else of a ROM from the card than from a file.
fn why_other(rom: &[u8], shown: &[u8], card: Option<DeviceId>) -> String {
    let size = linux::size(rom);
    let changed = shown.len() >= size && shown[..size] != rom[..size];
    match card {
        _ if size == 0 => "the kernel finds no valid image, so vfio-pci shows none".into(),
        Some(card) if changed => format!(
            "QEMU writes the device ID {:04x} and a new checksum into the ROM of the card",
            card.device
        ),
        _ if size < rom.len() => {
            format!("vfio-pci shows only the first {size} bytes, where the kernel's view ends")
        }
        _ => format!(
            "QEMU makes its ROM BAR {SMALLEST_BAR} bytes large, which EDK II takes for none"
        ),
    }
}

/// Returns why SeaBIOS runs a ROM, or why not: see [`seabios`].
fn bios(rom: &[u8], card: Option<DeviceId>) -> Result<String, String> {
    let legacy = |image: &Image<'_>| image.code_type == CodeType::X86;
    match seabios::find(rom, card.map(|card| (card.vendor, card.device))) {
        Some(image) if image.checksum_holds() => {
            Ok(format!("a legacy image for {}", DeviceId::of(&image)))
        }
        Some(_) => Err("the legacy image's checksum is wrong".into()),
        None => Err(match seabios::images(rom).find(legacy) {
            Some(image) => format!("the legacy image is for {}", DeviceId::of(&image)),
            None => "there is no legacy image".into(),
        }),
    }
}

/// Returns why OVMF runs a ROM, or why not: see [`rom::edk2`].
fn ovmf(rom: &[u8]) -> Result<String, String> {
    if rom.len() == SMALLEST_BAR && rom::edk2::images(rom).any(|image| Driver::new(&image).runs()) {
        return Err("EDK II takes a ROM BAR of 2 KiB for none".into());
    }
    let drivers: Vec<_> = rom::edk2::images(rom)
        .map(|image| Driver::new(&image))
        .collect();
    if drivers.contains(&Driver::Native) {
        return Ok("an EFI driver for x64".into());
    }
    if drivers.contains(&Driver::ByteCode) {
        return Ok("an EFI driver in EFI byte code".into());
    }
    let last = drivers.iter().rfind(|&&driver| driver != Driver::NotEfi);
    Err(match last.copied().unwrap_or(Driver::NotEfi) {
        Driver::Signature => "the EFI image's header has another signature",
        Driver::Machine => "the EFI image is for another processor than x64",
        Driver::Subsystem => "the EFI image is no driver",
        Driver::Compression => "the EFI image's compression is unknown",
        Driver::Length => "the EFI image is longer by its header than by its PCI data structure",
        Driver::Program => "the EFI image's program is outside of it",
        Driver::NotEfi | Driver::Native | Driver::ByteCode => {
            "there is no EFI image; its screen stays dark until its own driver comes"
        }
    }
    .into())
}
