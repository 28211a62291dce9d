// SPDX-License-Identifier: GPL-2.0

//! A place for the ROM BAR of a device for which the kernel shows the shadow, or whose ROM BAR has
//! no address.
//!
//! C headers: `include/linux/pci.h`, `include/linux/ioport.h`

use super::{
    super::pci::{
        Raw as _, //
    },
    bar::{
        self,
        RomBar, //
    }, //
};
use core::ptr::NonNull;
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

/// The same while others are to keep their hands off.
const FIXED: usize = ROM_FLAGS | bindings::IORESOURCE_PCI_FIXED as usize;

/// No window is below this: what is there is not decoded by PCI devices, or by all of them.
const ONE_MEBIBYTE: u64 = 1 << 20;

/// A device whose ROM resource was the shadow (`pci_fixup_video()` in arch/x86/pci/fixup.c) or had
/// no place, and is now its ROM BAR in the resource tree. Dropping this makes it what it was.
///
/// The resource is part of the `struct pci_dev`. The PCI core takes it out of the tree when the
/// device goes, be this module there or not.
///
/// A shadow may be in the tree too: `pdev_assign_fixed_resources()` in drivers/pci/setup-bus.c
/// requests it where a window of the host bridge has room for it. What is in the tree is never
/// changed here but taken out before.
///
/// Readers (`pci_map_rom()`, for sysfs) take no lock. They find in order: what was; a ROM without
/// size, which they do not map; the new ROM. While it has no parent in the tree it is marked
/// `IORESOURCE_PCI_FIXED`, as the shadow was, so that they do not give it an address themselves.
/// That is why this is not left to `pci_assign_resource()`, which does nothing for such a resource.
pub(super) struct Unshadowed<'a, 'b> {
    pdev: &'a pci::Device<Core<'b>>,
    /// Start, end and flags as they were.
    former: (u64, u64, usize),
    /// Whether it was in the resource tree.
    was_in_tree: bool,
}

impl<'a, 'b> Unshadowed<'a, 'b> {
    /// Gives the ROM its own address if that is free, else another one that the bridges above
    /// forward.
    ///
    /// # Errors
    ///
    /// `ENXIO`: there is no ROM BAR. `ENOSPC`: there is no room. `EBUSY`: the resource tree is not
    /// as it should be.
    pub(super) fn new(bar: &RomBar<'a, 'b>) -> Result<Self> {
        let size = bar.size();

        if size == 0 {
            return Err(ENXIO);
        }

        let resource = bar::resource(bar.pdev);
        // SAFETY: The pointer is valid. Others write these fields only of a resource that has no
        // place and is not fixed: `pci_map_rom()`, which two readers may call at once as well.
        let (former, was_in_tree) = unsafe {
            (
                (
                    (&raw const (*resource).start).read_volatile(),
                    (&raw const (*resource).end).read_volatile(),
                    (&raw const (*resource).flags).read_volatile(),
                ),
                !(&raw const (*resource).parent).read_volatile().is_null(),
            )
        };

        if was_in_tree {
            // SAFETY: The pointer is valid. Nobody else takes out a resource of a device that is
            // locked. What is in its range stays in the tree, but this resource goes on pointing to
            // it: that ends here, while nobody can find it in the tree.
            unsafe {
                if bindings::remove_resource(resource) != 0 {
                    return Err(EBUSY);
                }
                (&raw mut (*resource).child).write_volatile(core::ptr::null_mut());
            }
        }

        // From here on `drop` puts back what was.
        let unshadowed = Self {
            pdev: bar.pdev,
            former,
            was_in_tree,
        };

        unshadowed.publish(0, 0, FIXED);
        if !unshadowed.allocate(size, bar.address()) && !unshadowed.allocate(size, 0) {
            return Err(ENOSPC);
        }
        bar::set_flags(bar.pdev, ROM_FLAGS);
        Ok(unshadowed)
    }

    /// Leaves the resource as it is now.
    pub(super) fn keep(self) {
        core::mem::forget(self);
    }

    /// Finds room for the resource: at an address, or anywhere if that is 0.
    ///
    /// As `_pci_assign_resource()` in drivers/pci/setup-res.c does: a bus behind a transparent
    /// bridge also has what its parent has, and a window for this kind of memory alone comes first.
    fn allocate(&self, size: u64, address: u64) -> bool {
        // SAFETY: The device keeps its bus and the bridges above it as long as it lives.
        let mut bus = NonNull::new(unsafe { (*self.pdev.raw()).bus });

        while let Some(at) = bus {
            if self.allocate_on(at, size, address) {
                return true;
            }
            // SAFETY: As above. The fields do not change.
            bus = unsafe {
                let bridge = (*at.as_ptr()).self_;

                if bridge.is_null() || bindings::pci_dev::transparent_raw(bridge) == 0 {
                    return false;
                }
                NonNull::new((*at.as_ptr()).parent)
            };
        }
        false
    }

    /// Finds room in the windows of a bus, which is that of the device or one above.
    fn allocate_on(&self, bus: NonNull<bindings::pci_bus>, size: u64, address: u64) -> bool {
        let own = bindings::IORESOURCE_PREFETCH | bindings::IORESOURCE_MEM_64;
        // SAFETY: It is set while the machine starts.
        let lowest = unsafe { (&raw const bindings::pci_mem_start).read() };

        [own as usize, 0].into_iter().any(|kind| {
            // SAFETY: The bus is valid. The resource is not in the tree, and stays where it is
            // as long as it is there. `place` gets the address that it expects.
            let result = unsafe {
                bindings::pci_bus_alloc_resource(
                    bus.as_ptr(),
                    bar::resource(self.pdev),
                    size,
                    size,
                    match address {
                        // PCIBIOS_MIN_MEM: between it and RAM is what firmware does not tell of.
                        0 => ONE_MEBIBYTE.max(lowest as u64),
                        _ => ONE_MEBIBYTE,
                    },
                    kind,
                    Some(place),
                    (&raw const address).cast_mut().cast(),
                )
            };

            result == 0
        })
    }

    /// Changes the resource so that a reader in between finds it without size.
    fn publish(&self, start: u64, end: u64, flags: usize) {
        let resource = bar::resource(self.pdev);

        // SAFETY: The pointer is valid and the resource not in the tree, so that nobody walks over
        // it. Readers read each field once or several times; `pci_resource_len()` is 0 where the
        // end is.
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
        let resource = bar::resource(self.pdev);
        let (start, end, flags) = self.former;

        // SAFETY: The pointer is valid. If it is in the tree, `allocate` has put it there.
        unsafe {
            if !(&raw const (*resource).parent).read_volatile().is_null() {
                bar::set_flags(self.pdev, FIXED);
                bindings::release_resource(resource);
            }
        }
        self.publish(start, end, flags);
        if self.was_in_tree {
            // SAFETY: The pointer is valid and the resource not in the tree. It goes where it was,
            // below whatever its range is in, and above what is in its range.
            let result =
                unsafe { bindings::insert_resource(&raw mut bindings::iomem_resource, resource) };

            if result != 0 {
                dev_warn!(self.pdev, "no place for the shadow of its ROM any more\n");
            }
        }
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
    // SAFETY: `Unshadowed::allocate_on` passes an address, and the kernel a free range.
    let (address, start) = unsafe { (*data.cast::<u64>(), (*free).start) };

    match address {
        // A window of the bus may start lower than what was asked for as the minimum. The result
        // must be a multiple of `align`. `start` is one already; the other two are powers of two,
        // so that the largest of the three is one too.
        0 => start.max(ONE_MEBIBYTE).max(align),
        address => address,
    }
}
