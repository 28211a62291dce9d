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
        let mut offset = buffer.len();

        if end > self.len || offset % 4 != 0 || end % 4 != 0 {
            return Err(EINVAL);
        }
        buffer.resize(end, 0, GFP_KERNEL)?;
        while let Some(bytes) = buffer
            .get_mut(offset..)
            .and_then(|rest| rest.first_chunk_mut())
        {
            // SAFETY: The buffer is as long as `end`, so that `offset + 4` is within the mapping;
            // mappings start at page boundaries or at the image's start, which is aligned to 512
            // bytes.
            let dword = unsafe { bindings::readl(self.base.as_ptr().wrapping_byte_add(offset)) };

            *bytes = dword.to_le_bytes();
            offset = offset.saturating_add(4);
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
        let mut bar = Self { pdev, value: 0 };

        bar.value = bar.read();
        bar
    }

    /// Returns the size of the ROM's range in bytes, 0 if there is no ROM BAR (PCI Local Bus
    /// Specification 3.0, section 6.2.5.2). The BAR is left switched off.
    fn size(&self) -> u64 {
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
    fn address(&self) -> u64 {
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
struct Unshadowed<'a, 'b> {
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
    fn new(bar: &RomBar<'a, 'b>) -> Result<Self> {
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
    fn keep(self) {
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
