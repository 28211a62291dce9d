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
        RomBar, //
    },
    unshadow::Unshadowed, //
};
use super::pci::{
    DeviceExt as _,
    ROM, //
};
use core::ops::Deref;
use kernel::{
    bindings,
    device::Core,
    pci,
    prelude::*, //
};

pub(crate) use self::mapping::Mapping;

/// A ROM that can be read; dropping it puts back what was changed for that.
pub(crate) struct OpenRom<'a, 'b> {
    // Dropped in this order.
    mapping: Mapping,
    _decode: Option<MemoryDecode<'a, 'b>>,
    _bar: Option<RomBar<'a, 'b>>,
    unshadowed: Option<Unshadowed<'a, 'b>>,
}

impl<'a, 'b> OpenRom<'a, 'b> {
    /// Opens a device's own ROM, behind its ROM BAR, also where the kernel shows the shadow instead
    /// (see [`Unshadowed`]). COMMAND and the BAR's register are put back afterwards.
    ///
    /// # Errors
    ///
    /// `ENXIO`: the device has no ROM BAR. `ENOSPC`: there is no address for it. `ENOMEM`.
    pub(crate) fn bar(pdev: &'a pci::Device<Core<'b>>) -> Result<Self> {
        let mut resource = pdev.resource(ROM);

        if resource.len == 0 {
            return Err(ENXIO);
        }

        let bar = RomBar::save(pdev);
        let unshadowed = match resource.is_rom_shadow() {
            true => Some(Unshadowed::new(&bar)?),
            false => None,
        };

        // As `pci_map_rom()` does: firmware often leaves the ROM BAR without an address.
        resource = pdev.resource(ROM);
        if !resource.assigned {
            // SAFETY: The device is valid, locked, and decodes no memory by this BAR.
            if unsafe { bindings::pci_assign_resource(pdev.raw(), ROM as c_int) } != 0 {
                return Err(ENOSPC);
            }
            resource = pdev.resource(ROM);
        }

        let mapping = Mapping::new(resource.start, resource.len)?;
        let decode = MemoryDecode::on(pdev);

        // SAFETY: The device is valid and locked. Its ROM resource has an address, so that enabling
        // it makes nothing else unreachable. The function sets the enable bit and the address.
        if unsafe { bindings::pci_enable_rom(pdev.raw()) } != 0 {
            return Err(ENXIO);
        }
        Ok(Self {
            mapping,
            _decode: Some(decode),
            _bar: Some(bar),
            unshadowed,
        })
    }

    /// Says that this is the device's ROM: if the kernel showed the shadow, it shows the ROM from
    /// here on.
    pub(crate) fn keep(&mut self) {
        if let Some(unshadowed) = self.unshadowed.take() {
            unshadowed.keep();
        }
    }

    /// Opens the copy of a device's ROM that the UEFI firmware made before it ran it.
    ///
    /// # Errors
    ///
    /// `ENXIO`: there is no such copy. `ENOMEM`.
    pub(crate) fn efi_copy(pdev: &pci::Device<Core<'b>>) -> Result<Self> {
        // SAFETY: The device is valid; the fields are set before it is on its bus
        // (`pcibios_device_add()` in arch/x86/pci/common.c).
        let (start, len) = unsafe { ((*pdev.raw()).rom, (*pdev.raw()).romlen) };

        Self::copy(start, len as u64 & !3)
    }

    /// Opens the shadow: the copy of a ROM at 0xC0000 that POST has modified.
    ///
    /// # Errors
    ///
    /// `ENXIO`: the kernel says that the device has none. `ENOMEM`.
    pub(crate) fn shadow(pdev: &pci::Device<Core<'b>>) -> Result<Self> {
        let resource = pdev.resource(ROM);

        if !resource.is_rom_shadow() {
            return Err(ENXIO);
        }
        Self::copy(resource.start, resource.len)
    }

    /// Opens a copy in memory.
    fn copy(start: u64, len: u64) -> Result<Self> {
        Ok(Self {
            mapping: Mapping::new(start, len)?,
            _decode: None,
            _bar: None,
            unshadowed: None,
        })
    }
}

impl Deref for OpenRom<'_, '_> {
    type Target = Mapping;

    fn deref(&self) -> &Mapping {
        &self.mapping
    }
}
