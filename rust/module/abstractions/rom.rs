// SPDX-License-Identifier: GPL-2.0

//! Reading a device's option ROM.
//!
//! C headers: `include/linux/pci.h`, `include/linux/io.h`

use super::pci::{
    CoreExt as _,
    DeviceExt as _,
    ROM, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    device::Core,
    pci,
    prelude::*, //
};

/// A range of physical addresses, mapped for reading.
///
/// # Invariants
///
/// `base` is a mapping of `len` bytes that is ours.
pub(crate) struct Mapping {
    base: NonNull<c_void>,
    len: usize,
}

impl Mapping {
    /// Maps `len` bytes from the physical address `start`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no room for the mapping. `EINVAL`: nothing to map.
    fn new(start: u64, len: usize) -> Result<Self> {
        if start == 0 || len == 0 {
            return Err(EINVAL);
        }

        // SAFETY: Mapping any range of physical addresses is allowed; what reading does to the
        // hardware is for the callers in this file to answer.
        let base = unsafe { bindings::ioremap(start, len) };

        // INVARIANT: The mapping was just made.
        Ok(Self {
            base: NonNull::new(base).ok_or(ENOMEM)?,
            len,
        })
    }

    /// Returns the size in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Appends bytes to a buffer until it holds the first `end` bytes of the mapping.
    ///
    /// Reads dwords only, each once: wider reads raise errors on some cards, and narrower ones take
    /// longer.
    ///
    /// # Errors
    ///
    /// `ENOMEM`. `EINVAL`: `end` is past the mapping, or an end is not a multiple of 4.
    pub(crate) fn read_to(&self, buffer: &mut KVVec<u8>, end: usize) -> Result {
        let start = buffer.len();

        if end > self.len || start % 4 != 0 || end % 4 != 0 {
            return Err(EINVAL);
        }
        buffer.reserve(end.saturating_sub(start), GFP_KERNEL)?;
        for offset in (start..end).step_by(4) {
            // SAFETY: `offset + 4` is at most `end`, which is within the mapping; mappings start
            // at page boundaries or at the image's start, which is aligned to 512 bytes.
            let dword = unsafe { bindings::readl(self.base.as_ptr().wrapping_byte_add(offset)) };

            // The vector has room, as it was reserved above.
            buffer.extend_from_slice(&dword.to_le_bytes(), GFP_KERNEL)?;
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the mapping is ours.
        unsafe { bindings::iounmap(self.base.as_ptr()) };
    }
}

/// Calls a function with a device's own ROM, read through its ROM BAR at the address that the
/// kernel gave it. Afterwards COMMAND and the ROM BAR's register are as before.
///
/// # Errors
///
/// `ENXIO`: the device has no ROM BAR that the kernel knows of. `ENOSPC`: there is no address for
/// it. Those of the function.
pub(crate) fn with_bar<R>(
    pdev: &pci::Device<Core<'_>>,
    call: impl FnOnce(&Mapping) -> Result<R>,
) -> Result<R> {
    let mut resource = pdev.resource(ROM);

    if resource.len == 0 || resource.is_rom_shadow() {
        return Err(ENXIO);
    }

    let _enabled = RomBar::save(pdev);

    // As `pci_map_rom()` does: firmware often leaves the ROM BAR without an address.
    if !resource.assigned {
        // SAFETY: The device is valid, locked, and decodes no memory by this BAR.
        if unsafe { bindings::pci_assign_resource(pdev.raw(), ROM as c_int) } != 0 {
            return Err(ENOSPC);
        }
        resource = pdev.resource(ROM);
    }

    let mapping = Mapping::new(resource.start, resource.len as usize)?;
    let _decode = MemoryDecode::on(pdev);

    // SAFETY: The device is valid and locked. Its ROM resource has an address, so that enabling it
    // makes nothing else unreachable. The function sets the enable bit and the address.
    if unsafe { bindings::pci_enable_rom(pdev.raw()) } != 0 {
        return Err(ENXIO);
    }
    call(&mapping)
}

/// Calls a function with the copy of a device's ROM that the UEFI firmware made before it ran it.
///
/// # Errors
///
/// `ENXIO`: there is no such copy. Those of the function.
pub(crate) fn with_efi_copy<R>(
    pdev: &pci::Device<Core<'_>>,
    call: impl FnOnce(&Mapping) -> Result<R>,
) -> Result<R> {
    // SAFETY: The device is valid; the fields are set before it is on its bus
    // (`pcibios_device_add()` in arch/x86/pci/common.c).
    let (start, len) = unsafe { ((*pdev.raw()).rom, (*pdev.raw()).romlen) };

    if start == 0 || len == 0 {
        return Err(ENXIO);
    }
    call(&Mapping::new(start, len & !3)?)
}

/// Calls a function with the shadow: the copy of a ROM at 0xC0000 that POST has modified.
///
/// # Errors
///
/// `ENXIO`: the kernel says that the device has none. Those of the function.
pub(crate) fn with_shadow<R>(
    pdev: &pci::Device<Core<'_>>,
    call: impl FnOnce(&Mapping) -> Result<R>,
) -> Result<R> {
    let resource = pdev.resource(ROM);

    if !resource.is_rom_shadow() {
        return Err(ENXIO);
    }
    call(&Mapping::new(resource.start, resource.len as usize)?)
}

/// A device whose memory decode is on; dropping this puts COMMAND back.
struct MemoryDecode<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    command: u16,
}

impl<'a, 'b> MemoryDecode<'a, 'b> {
    fn on(pdev: &'a pci::Device<Core<'b>>) -> Self {
        let command = pdev.command();

        pdev.set_command(command | bindings::PCI_COMMAND_MEMORY as u16);
        Self { pdev, command }
    }
}

impl Drop for MemoryDecode<'_, '_> {
    fn drop(&mut self) {
        self.pdev.set_command(self.command);
    }
}

/// A device's ROM BAR; dropping this puts its register back.
struct RomBar<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    value: u32,
}

impl<'a, 'b> RomBar<'a, 'b> {
    fn save(pdev: &'a pci::Device<Core<'b>>) -> Self {
        let mut value = 0;

        // SAFETY: The device is valid, the offset is that of its ROM BAR, and the pointer is that
        // of a local.
        unsafe {
            bindings::pci_read_config_dword(
                pdev.raw(),
                c_int::from((*pdev.raw()).rom_base_reg),
                &mut value,
            )
        };
        Self { pdev, value }
    }
}

impl Drop for RomBar<'_, '_> {
    fn drop(&mut self) {
        // SAFETY: As in `save`. The former value does not enable the BAR at an address that it did
        // not have before.
        unsafe {
            bindings::pci_write_config_dword(
                self.pdev.raw(),
                c_int::from((*self.pdev.raw()).rom_base_reg),
                self.value,
            )
        };
    }
}
