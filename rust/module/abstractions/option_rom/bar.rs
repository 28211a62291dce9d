// SPDX-License-Identifier: GPL-2.0

//! What has to be switched on for a device's ROM to be read.
//!
//! C header: `include/linux/pci.h`

use super::super::pci::{
    CoreExt as _,
    DeviceExt as _, //
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

/// A device's ROM BAR; dropping this puts its register back.
pub(super) struct RomBar<'a, 'b> {
    pub(super) pdev: &'a pci::Device<Core<'b>>,
    value: u32,
}

impl<'a, 'b> RomBar<'a, 'b> {
    pub(super) fn save(pdev: &'a pci::Device<Core<'b>>) -> Self {
        let mut bar = Self { pdev, value: 0 };

        bar.value = bar.read();
        bar
    }

    /// Returns the size of the ROM's range in bytes, 0 if there is no ROM BAR (PCI Local Bus
    /// Specification 3.0, section 6.2.5.2). The BAR is left switched off.
    pub(super) fn size(&self) -> u64 {
        let address = bindings::PCI_ROM_ADDRESS_MASK as u32;

        self.write(address);

        let mask = self.read() & address;

        self.write(self.value & !bindings::PCI_ROM_ADDRESS_ENABLE);
        match mask {
            // A device that does not answer reads as all ones: no ROM is that small either.
            0 | u32::MAX => 0,
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
        // BAR had.
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
