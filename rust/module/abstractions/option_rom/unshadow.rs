// SPDX-License-Identifier: GPL-2.0

//! The ROM BAR of a device for which the kernel shows the shadow.
//!
//! C header: `include/linux/pci.h`

use super::{
    super::pci::{
        DeviceExt as _,
        ROM, //
    },
    bar::RomBar, //
};
use kernel::{
    bindings,
    device::Core,
    pci,
    prelude::*, //
};

/// The flags of a ROM's resource, as `pci_read_bases()` in drivers/pci/probe.c sets them.
const ROM_FLAGS: usize = (bindings::IORESOURCE_MEM
    | bindings::IORESOURCE_PREFETCH
    | bindings::IORESOURCE_READONLY
    | bindings::IORESOURCE_SIZEALIGN) as usize;

/// No window is below this: what is there is not decoded by PCI devices, or by all of them.
const ONE_MEBIBYTE: u64 = 1 << 20;

/// A device whose ROM resource was the shadow (`pci_fixup_video()` in arch/x86/pci/fixup.c), and is
/// its ROM BAR now, as it would be without that. Dropping this makes it the shadow again.
///
/// The resource is part of the `struct pci_dev`. It is put into the resource tree as all BARs are,
/// so that the PCI core takes it out when the device goes, be this module there or not.
///
/// Readers (`pci_map_rom()`, for sysfs) take no lock. They find in order: the shadow; a ROM without
/// size, which they do not map; the new ROM. While it has no parent in the tree it is marked
/// `IORESOURCE_PCI_FIXED`, as the shadow was, so that they do not give it an address themselves.
pub(super) struct Unshadowed<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    /// The shadow's start, end and flags.
    shadow: (u64, u64, usize),
}

impl<'a, 'b> Unshadowed<'a, 'b> {
    /// Gives the ROM its own address if that is free, else another one that the bridges above
    /// forward.
    ///
    /// # Errors
    ///
    /// `ENXIO`: there is no ROM BAR. `ENOSPC`: there is no room.
    pub(super) fn new(bar: &RomBar<'a, 'b>) -> Result<Self> {
        let size = bar.size();

        if size == 0 {
            return Err(ENXIO);
        }

        // SAFETY: The device is valid and locked; nobody else changes a shadow.
        let resource = unsafe { &*Self::resource(bar.pdev) };
        // From here on `drop` puts the shadow back.
        let unshadowed = Self {
            pdev: bar.pdev,
            shadow: (resource.start, resource.end, resource.flags),
        };
        let fixed = ROM_FLAGS | bindings::IORESOURCE_PCI_FIXED as usize;

        unshadowed.publish(0, 0, fixed);
        if !unshadowed.allocate(size, bar.address()) && !unshadowed.allocate(size, 0) {
            return Err(ENOSPC);
        }
        // SAFETY: As above. It is in the tree now.
        unsafe { (&raw mut (*Self::resource(bar.pdev)).flags).write_volatile(ROM_FLAGS) };
        Ok(unshadowed)
    }

    /// Leaves the resource as it is now.
    pub(super) fn keep(self) {
        core::mem::forget(self);
    }

    fn resource(pdev: &pci::Device<Core<'_>>) -> *mut bindings::resource {
        // SAFETY: The device is valid; the index is that of a field of its array.
        unsafe { &raw mut (*pdev.raw()).resource[ROM] }
    }

    /// Finds room for the resource: at an address, or anywhere if that is 0.
    fn allocate(&self, size: u64, address: u64) -> bool {
        // SAFETY: The device keeps its bus. The resource is not in the tree, and stays where it is
        // as long as it is there. `place` gets the address that it expects.
        let result = unsafe {
            bindings::pci_bus_alloc_resource(
                (*self.pdev.raw()).bus,
                Self::resource(self.pdev),
                size,
                size,
                ONE_MEBIBYTE,
                0,
                Some(place),
                (&raw const address).cast_mut().cast(),
            )
        };

        result == 0
    }

    /// Changes the resource so that a reader in between finds it without size.
    fn publish(&self, start: u64, end: u64, flags: usize) {
        let resource = Self::resource(self.pdev);

        // SAFETY: The device is valid and locked, so that nobody else writes. Readers read each
        // field once or several times; `pci_resource_len()` is 0 where the end is.
        unsafe {
            (&raw mut (*resource).end).write_volatile(0);
            bindings::smp_wmb();
            (&raw mut (*resource).flags).write_volatile(flags);
            (&raw mut (*resource).start).write_volatile(start);
            bindings::smp_wmb();
            (&raw mut (*resource).end).write_volatile(end);
        }
    }
}

impl Drop for Unshadowed<'_, '_> {
    fn drop(&mut self) {
        let resource = Self::resource(self.pdev);
        let (start, end, flags) = self.shadow;

        // SAFETY: The device is valid and locked. Only a resource in the tree has a parent.
        unsafe {
            if !(*resource).parent.is_null() {
                let fixed = ROM_FLAGS | bindings::IORESOURCE_PCI_FIXED as usize;

                (&raw mut (*resource).flags).write_volatile(fixed);
                bindings::release_resource(resource);
            }
        }
        self.publish(start, end, flags);
    }
}

/// Says where in a free range a window is to start. What does not fit the kernel refuses.
extern "C" fn place(
    data: *mut c_void,
    free: *const bindings::resource,
    _whole: *const bindings::resource,
    _size: bindings::resource_size_t,
    align: bindings::resource_size_t,
) -> bindings::resource_size_t {
    // SAFETY: `Unshadowed::allocate` passes an address, and the kernel a free range.
    let (address, start) = unsafe { (*data.cast::<u64>(), (*free).start) };

    match address {
        // A window of the bus may start lower than what was asked for as the minimum. All of these
        // are multiples of `align`, or it is one of them: they are powers of two, but for `start`.
        0 => start.max(ONE_MEBIBYTE).max(align),
        address => address,
    }
}
