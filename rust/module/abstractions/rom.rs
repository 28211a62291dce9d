// SPDX-License-Identifier: GPL-2.0

//! Reading a device's option ROM.
//!
//! C headers: `include/linux/pci.h`, `include/linux/io.h`

use super::pci::{
    CoreExt as _,
    DeviceExt as _,
    ROM, //
};
use core::{
    ops::Deref,
    ptr::NonNull, //
};
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
    /// `ENOMEM`: no room for the mapping. `ENXIO`: nothing to map.
    fn new(start: u64, len: u64) -> Result<Self> {
        if start == 0 || len == 0 {
            return Err(ENXIO);
        }

        let len = usize::try_from(len)?;
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
        buffer.resize(end, 0, GFP_KERNEL)?;
        for (offset, bytes) in (0..).step_by(4).zip(buffer.chunks_exact_mut(4)) {
            if offset < start {
                continue;
            }
            // SAFETY: The buffer is as long as `end`, so that `offset + 4` is within the mapping;
            // mappings start at page boundaries or at the image's start, which is aligned to 512
            // bytes.
            let dword = unsafe { bindings::readl(self.base.as_ptr().wrapping_byte_add(offset)) };

            for (to, from) in bytes.iter_mut().zip(dword.to_le_bytes()) {
                *to = from;
            }
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

/// A ROM that can be read; dropping it puts back what was changed for that.
pub(crate) struct OpenRom<'a, 'b> {
    // Dropped in this order.
    mapping: Mapping,
    _decode: Option<MemoryDecode<'a, 'b>>,
    _bar: Option<RomBar<'a, 'b>>,
}

impl<'a, 'b> OpenRom<'a, 'b> {
    /// Opens a device's own ROM, behind its ROM BAR at the address that the kernel gave it. COMMAND
    /// and the BAR's register are put back afterwards.
    ///
    /// # Errors
    ///
    /// `ENXIO`: the device has no ROM BAR that the kernel knows of. `ENOSPC`: there is no address
    /// for it. `ENOMEM`.
    pub(crate) fn bar(pdev: &'a pci::Device<Core<'b>>) -> Result<Self> {
        let mut resource = pdev.resource(ROM);

        if resource.len == 0 || resource.is_rom_shadow() {
            return Err(ENXIO);
        }

        let bar = RomBar::save(pdev);

        // As `pci_map_rom()` does: firmware often leaves the ROM BAR without an address.
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
        })
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
        })
    }
}

impl Deref for OpenRom<'_, '_> {
    type Target = Mapping;

    fn deref(&self) -> &Mapping {
        &self.mapping
    }
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
