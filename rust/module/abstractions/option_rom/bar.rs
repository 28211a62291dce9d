// SPDX-License-Identifier: GPL-2.0

//! What has to be switched on for a device's ROM to be read.
//!
//! C header: `include/linux/pci.h`

use super::super::pci::{
    CoreExt as _,
    Raw as _,
    ROM, //
};
use kernel::{
    bindings,
    device::Core,
    pci,
    prelude::*, //
};

/// A device whose memory decode is on; dropping this puts COMMAND back.
pub(super) struct MemoryDecode<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    command: u16,
}

impl<'a, 'b> MemoryDecode<'a, 'b> {
    /// Switches memory decode on, for all BARs of the device.
    pub(super) fn on(pdev: &'a pci::Device<Core<'b>>) -> Self {
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

/// Returns where the kernel keeps what it noted of the ROM BAR. The pointer is valid as the
/// reference is.
///
/// Everybody reads and writes it without a lock, so that it is only used field by field.
pub(super) fn resource(pdev: &pci::Device<Core<'_>>) -> *mut bindings::resource {
    // SAFETY: The device is valid; the index is that of a field of its array.
    unsafe { &raw mut (*pdev.raw()).resource[ROM] }
}

/// Returns the flags of the ROM BAR's resource.
pub(super) fn flags(pdev: &pci::Device<Core<'_>>) -> usize {
    // SAFETY: The pointer is valid. A word is read whole.
    unsafe { (&raw const (*resource(pdev)).flags).read_volatile() }
}

/// Changes the flags of the ROM BAR's resource.
pub(super) fn set_flags(pdev: &pci::Device<Core<'_>>, flags: usize) {
    // SAFETY: The pointer is valid. A word is written whole.
    unsafe { (&raw mut (*resource(pdev)).flags).write_volatile(flags) };
}

/// A device's ROM BAR; dropping this puts its register back.
pub(super) struct RomBar<'a, 'b> {
    pub(super) pdev: &'a pci::Device<Core<'b>>,
    value: u32,
}

impl<'a, 'b> RomBar<'a, 'b> {
    /// Notes the register.
    pub(super) fn save(pdev: &'a pci::Device<Core<'b>>) -> Self {
        let mut bar = Self { pdev, value: 0 };

        bar.value = bar.read();
        // It is on for somebody who reads the PCI device's `rom` file, and who will be gone.
        if flags(pdev) & bindings::IORESOURCE_ROM_ENABLE as usize == 0 {
            bar.value &= !bindings::PCI_ROM_ADDRESS_ENABLE;
        }
        bar
    }

    /// Returns the size of the ROM's range in bytes, 0 if there is no ROM BAR (PCI Local Bus
    /// Specification 3.0, section 6.2.5.2). The BAR is left switched off.
    pub(super) fn size(&self) -> u64 {
        let address = bindings::PCI_ROM_ADDRESS_MASK as u32;

        self.write(address);

        let sizes = self.read();

        self.write(self.value & !bindings::PCI_ROM_ADDRESS_ENABLE);
        match sizes & address {
            0 => 0,
            // A device that does not answer. The enable bit was written as 0.
            _ if sizes == u32::MAX => 0,
            mask => u64::from((!mask).wrapping_add(1)),
        }
    }

    /// Returns the address that the firmware gave the ROM, as the CPU sees it; 0 if there is none.
    pub(super) fn address(&self) -> u64 {
        let address = u64::from(self.value & bindings::PCI_ROM_ADDRESS_MASK as u32);
        let mut region = bindings::pci_bus_region {
            start: address,
            end: address,
        };
        let mut resource = bindings::resource {
            flags: bindings::IORESOURCE_MEM as usize,
            ..Default::default()
        };

        if address == 0 {
            return 0;
        }
        // SAFETY: The device keeps its bus; the pointers are those of locals.
        unsafe {
            bindings::pcibios_bus_to_resource((*self.pdev.raw()).bus, &mut resource, &mut region)
        };
        resource.start
    }

    fn read(&self) -> u32 {
        let mut value = 0;

        // SAFETY: The device is valid, the offset is that of its ROM BAR, and the pointer is that
        // of a local.
        unsafe {
            bindings::pci_read_config_dword(
                self.pdev.raw(),
                c_int::from((*self.pdev.raw()).rom_base_reg),
                &mut value,
            )
        };
        value
    }

    fn write(&self, value: u32) {
        // SAFETY: As in `read`. Callers write no address with the enable bit but the one that the
        // BAR had, and that of its resource, which nothing else has.
        unsafe {
            bindings::pci_write_config_dword(
                self.pdev.raw(),
                c_int::from((*self.pdev.raw()).rom_base_reg),
                value,
            )
        };
    }
}

impl Drop for RomBar<'_, '_> {
    fn drop(&mut self) {
        self.write(self.value);
    }
}

/// The flag by which `pci_enable_rom()` and `pci_disable_rom()` leave a ROM BAR alone.
const HANDS_OFF: usize = bindings::IORESOURCE_ROM_SHADOW as usize;

/// A ROM BAR that is switched on; dropping this switches it off.
///
/// Others switch it on and off as well: who reads the PCI device's `rom` file, once for each page,
/// without a lock. A flag of the resource has them leave the BAR alone meanwhile; what they read is
/// the ROM all the same. One who has looked at the flag before can still switch the BAR off, once:
/// see [`RomOn::is_undisturbed`].
pub(super) struct RomOn<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    /// What the register reads as when it is on.
    value: u32,
}

impl<'a, 'b> RomOn<'a, 'b> {
    /// Switches a ROM BAR on, at the address of its resource, which has a place in the resource
    /// tree and is not the shadow.
    pub(super) fn new(bar: &RomBar<'a, 'b>) -> Self {
        let mut on = Self {
            pdev: bar.pdev,
            value: 0,
        };

        set_flags(on.pdev, flags(on.pdev) | HANDS_OFF);
        on.again(bar);
        on
    }

    /// Switches the ROM BAR on again.
    ///
    /// On cards that share one address decoder between the ROM and the BARs (see `pci_enable_rom()`
    /// in drivers/pci/rom.c) the BARs do not answer meanwhile. Nobody uses them: the device is
    /// ours.
    pub(super) fn again(&mut self, bar: &RomBar<'a, 'b>) {
        let mut region = bindings::pci_bus_region::default();

        // SAFETY: The device keeps its bus; the pointers are that of a local and that of the
        // device's resource, whose start and end nobody changes while it is in the tree.
        unsafe {
            bindings::pcibios_resource_to_bus(
                (*self.pdev.raw()).bus,
                &mut region,
                resource(self.pdev),
            )
        };
        bar.write(region.start as u32 | bindings::PCI_ROM_ADDRESS_ENABLE);
        self.value = bar.read();
    }

    /// Returns whether nobody has switched the ROM BAR off.
    pub(super) fn is_undisturbed(&self, bar: &RomBar<'a, 'b>) -> bool {
        self.value & bindings::PCI_ROM_ADDRESS_ENABLE != 0 && bar.read() == self.value
    }
}

impl Drop for RomOn<'_, '_> {
    fn drop(&mut self) {
        // Whoever switches the BAR on after this switches it off again.
        set_flags(self.pdev, flags(self.pdev) & !HANDS_OFF);
        // SAFETY: The device is valid and locked.
        unsafe { bindings::pci_disable_rom(self.pdev.raw()) };
    }
}
