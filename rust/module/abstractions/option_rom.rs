// SPDX-License-Identifier: GPL-2.0

//! Reading a device's option ROM.
//!
//! C headers: `include/linux/pci.h`, `include/linux/io.h`

mod bar;
mod mapping;
mod unshadow;

use self::{
    bar::{
        MemoryDecode,
        RomBar,
        RomOn, //
    },
    mapping::Mapping,
    unshadow::Unshadowed, //
};
use super::pci::{
    DeviceExt as _,
    Raw as _,
    ROM, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*, //
};

/// How much is read before the ROM BAR is looked at again, in bytes.
const PIECE: usize = 4096;

/// How often a read starts anew.
const TRIES: usize = 16;

/// Bytes that can be read from the first one on.
pub(crate) trait Bytes {
    /// Returns how many bytes there are, at most.
    fn limit(&self) -> usize;

    /// Appends bytes to a buffer until it holds at least the first `end` of them. If there are
    /// fewer, [`Bytes::limit`] says so afterwards.
    ///
    /// # Errors
    ///
    /// `ENOMEM`. `EINVAL`: `end` is past the last byte, or an end is not a multiple of 4.
    fn read_to(&mut self, buffer: &mut KVVec<u8>, end: usize) -> Result;
}

impl Bytes for &[u8] {
    fn limit(&self) -> usize {
        <[u8]>::len(self)
    }

    fn read_to(&mut self, buffer: &mut KVVec<u8>, end: usize) -> Result {
        let more = self.get(buffer.len()..end).ok_or(EINVAL)?;

        Ok(buffer.extend_from_slice(more, GFP_KERNEL)?)
    }
}

/// A device's own ROM, behind its ROM BAR. Dropping this puts COMMAND and the BAR's register back.
pub(crate) struct OwnRom<'a, 'b> {
    // Dropped in this order.
    mapping: Mapping,
    on: RomOn<'a, 'b>,
    _decode: MemoryDecode<'a, 'b>,
    unshadowed: Option<Unshadowed<'a, 'b>>,
    bar: RomBar<'a, 'b>,
}

impl<'a, 'b> OwnRom<'a, 'b> {
    /// Opens it, also where the kernel shows the shadow instead (see [`Unshadowed`]).
    ///
    /// Memory decode is switched on, for the device's other BARs as well: each of them has to have
    /// an address of its own.
    ///
    /// # Errors
    ///
    /// `ENXIO`: the device has no ROM BAR. `ENOSPC`: there is no address for it. `EBUSY`, `ENOMEM`.
    pub(crate) fn open(pdev: &'a pci::Device<Core<'b>>) -> Result<Self> {
        let resource = pdev.resource(ROM);

        if resource.len == 0 {
            return Err(ENXIO);
        }

        let bar = RomBar::save(pdev);
        // As `pci_map_rom()` does: firmware often leaves the ROM BAR without an address.
        let unshadowed = match resource.is_rom_shadow() || !resource.assigned {
            true => Some(Unshadowed::new(&bar)?),
            false => None,
        };
        let resource = pdev.resource(ROM);

        Ok(Self {
            mapping: Mapping::new(resource.start, resource.len)?,
            _decode: MemoryDecode::on(pdev),
            on: RomOn::new(&bar),
            unshadowed,
            bar,
        })
    }

    /// Says that this is the device's ROM: if the kernel showed the shadow, it shows the ROM from
    /// here on.
    pub(crate) fn keep(&mut self) {
        if let Some(unshadowed) = self.unshadowed.take() {
            unshadowed.keep();
        }
    }
}

impl Bytes for OwnRom<'_, '_> {
    fn limit(&self) -> usize {
        self.mapping.limit()
    }

    /// Reads dwords, each once, or all of them anew if somebody has switched the ROM off meanwhile.
    ///
    /// # Errors
    ///
    /// `EBUSY`: somebody does that again and again.
    fn read_to(&mut self, buffer: &mut KVVec<u8>, end: usize) -> Result {
        for _ in 0..TRIES {
            while self.on.is_undisturbed(&self.bar) {
                let next = buffer.len().saturating_add(PIECE).min(end);

                if buffer.len() >= end {
                    return Ok(());
                }
                self.mapping.read_to(buffer, next)?;
            }
            buffer.clear();
            self.on.again(&self.bar);
        }
        Err(EBUSY)
    }
}

/// Opens the copy of a device's ROM that the UEFI firmware made before it ran it.
///
/// # Errors
///
/// `ENXIO`: there is no such copy. `ENOMEM`.
pub(crate) fn efi_copy(pdev: &pci::Device<Core<'_>>) -> Result<impl Bytes> {
    // SAFETY: The device is valid; the fields are set before it is on its bus
    // (`pcibios_device_add()` in arch/x86/pci/common.c).
    let (start, len) = unsafe { ((*pdev.raw()).rom, (*pdev.raw()).romlen) };

    Mapping::new(start, len as u64 & !3)
}

/// Opens the shadow: the copy of a ROM at 0xC0000 that POST has modified.
///
/// # Errors
///
/// `ENXIO`: the kernel says that the device has none. `ENOMEM`.
pub(crate) fn shadow(pdev: &pci::Device<Core<'_>>) -> Result<impl Bytes> {
    let resource = pdev.resource(ROM);

    if !resource.is_rom_shadow() {
        return Err(ENXIO);
    }
    Mapping::new(resource.start, resource.len)
}
