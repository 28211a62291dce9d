// SPDX-License-Identifier: GPL-2.0

//! What [`pci::Device`] lacks: configuration registers by name, power states, resources.
//!
//! C header: `include/linux/pci.h`

use kernel::{
    bindings,
    device::{
        self,
        Core,
        DeviceContext, //
    },
    pci,
    prelude::*, //
};

/// A device's power state (PCI Bus Power Management Interface Specification 1.2, section 5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum PowerState {
    /// Fully on.
    D0 = 0,
    /// Off but for its configuration space.
    D3hot = 3,
}

/// What the kernel noted of an address range of a device.
#[derive(Clone, Copy)]
pub(crate) struct Resource {
    /// The first address, as the CPU sees it.
    pub(crate) start: u64,
    /// The size in bytes; 0 if the device has no such range.
    pub(crate) len: u64,
    /// `IORESOURCE_*`.
    flags: usize,
    /// Whether it has a place in the resource tree.
    pub(crate) assigned: bool,
}

impl Resource {
    /// Returns whether this is I/O space.
    pub(crate) fn is_io(&self) -> bool {
        self.has(bindings::IORESOURCE_IO)
    }

    /// Returns whether this is memory space.
    pub(crate) fn is_memory(&self) -> bool {
        self.has(bindings::IORESOURCE_MEM)
    }

    /// Returns whether this is the copy of the ROM that POST modified, at 0xC0000
    /// (`pci_fixup_video()` in arch/x86/pci/fixup.c).
    pub(crate) fn is_rom_shadow(&self) -> bool {
        self.has(bindings::IORESOURCE_ROM_SHADOW)
    }

    /// Returns whether it has an address of its own, so that the device may answer there.
    pub(crate) fn is_valid(&self) -> bool {
        self.assigned && !self.has(bindings::IORESOURCE_UNSET)
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag as usize != 0
    }
}

/// The index of the ROM BAR's resource.
pub(crate) const ROM: usize = bindings::PCI_ROM_RESOURCE as usize;

/// The C structure of a PCI device, for the abstractions.
pub(super) trait Raw {
    /// Returns the C structure.
    fn raw(&self) -> *mut bindings::pci_dev;
}

impl<Ctx: DeviceContext> Raw for pci::Device<Ctx> {
    fn raw(&self) -> *mut bindings::pci_dev {
        // `pci::Device` is `repr(transparent)` over an `Opaque`, whose contents may be changed
        // through a shared reference.
        core::ptr::from_ref(self)
            .cast::<bindings::pci_dev>()
            .cast_mut()
    }
}

/// Further methods for a PCI device in any context.
#[expect(
    private_bounds,
    reason = "the C structure is for the abstractions only"
)]
pub(crate) trait DeviceExt: Raw {
    /// Returns whether two are one device.
    fn is(&self, other: &pci::Device) -> bool {
        core::ptr::eq(self.raw(), other.raw())
    }

    /// Returns the class code: 24 bits, the base class uppermost.
    fn class(&self) -> u32 {
        // SAFETY: A reference to a device proves that its structure is valid; the field is
        // written before the device is on its bus.
        unsafe { (*self.raw()).class }
    }

    /// Returns the layout of the configuration header, without the multifunction bit: 0 for an
    /// endpoint, 1 for a bridge.
    fn header_type(&self) -> u8 {
        // SAFETY: As in `class`.
        unsafe { (*self.raw()).hdr_type }
    }

    /// Returns device and function number: `device << 3 | function`.
    fn devfn(&self) -> u32 {
        // SAFETY: As in `class`.
        unsafe { (*self.raw()).devfn }
    }

    /// Reads the COMMAND register of a device that may have any driver, or none.
    ///
    /// A device that does not answer reads as 0.
    fn peek_command(&self) -> u16 {
        // SAFETY: A reference to a device proves that its structure is valid.
        match unsafe { read_word(self.raw(), bindings::PCI_COMMAND) } {
            u16::MAX => 0,
            command => command,
        }
    }

    /// Returns whether the device is there: one that is gone, or that nothing reaches, reads as all
    /// ones. COMMAND and STATUS have bits that are always 0. The IDs are no test, since those of a
    /// virtual function read as ones, too (Single Root I/O Virtualization 1.1, section 3.4.1).
    #[inline(never)]
    fn answers(&self) -> bool {
        let mut value = u32::MAX;

        // SAFETY: A reference to a device proves that its structure is valid; the pointer is that
        // of a local. On failure the value is all ones, or was not written, which here is the same.
        unsafe {
            bindings::pci_read_config_dword(self.raw(), bindings::PCI_COMMAND as c_int, &mut value)
        };
        value != u32::MAX
    }

    /// Returns whether all bridges above the device forward the legacy VGA ranges to it
    /// (`PCI_BRIDGE_CTL_VGA`).
    #[inline(never)]
    fn is_vga_routed(&self) -> bool {
        // SAFETY: A device keeps its bus and the bridges above it as long as it lives. The three
        // fields are written before the device is on its bus.
        unsafe {
            let mut bus = (*self.raw()).bus;

            while !bus.is_null() {
                let bridge = (*bus).self_;

                if !bridge.is_null() {
                    let control = read_word(bridge, bindings::PCI_BRIDGE_CONTROL);

                    if control & bindings::PCI_BRIDGE_CTL_VGA as u16 == 0 {
                        return false;
                    }
                }
                bus = (*bus).parent;
            }
        }
        true
    }

    /// Returns the bridge above the device; [`None`] on a root bus.
    fn upstream(&self) -> Option<&pci::Device> {
        // SAFETY: A device keeps its bus and the bridges above it as long as it lives;
        // `pci::Device` is `repr(transparent)`.
        unsafe { (*(*self.raw()).bus).self_.cast::<pci::Device>().as_ref() }
    }

    /// Returns whether two devices are on one bus, with no bridge between them.
    fn same_bus(&self, other: &pci::Device) -> bool {
        // SAFETY: As in `class`; the pointers are only compared.
        unsafe { (*self.raw()).bus == (*other.raw()).bus }
    }

    /// Returns whether two devices are functions of one slot.
    fn same_slot(&self, other: &pci::Device) -> bool {
        self.same_bus(other) && self.devfn() >> 3 == other.devfn() >> 3
    }

    /// Returns whether the device is a PF whose VFs are switched on.
    fn has_virtual_functions(&self) -> bool {
        // SAFETY: A reference to a device proves that its structure is valid.
        unsafe { bindings::pci_num_vf(self.raw()) != 0 }
    }

    /// Returns whether the device is a VF.
    fn is_virtual_function(&self) -> bool {
        // SAFETY: As in `class`.
        unsafe { bindings::pci_dev::is_virtfn_raw(self.raw()) != 0 }
    }

    /// Returns a resource by its index: BARs 0 to 5, [`ROM`]. One that the device does not have
    /// has no length.
    ///
    /// The kernel changes resources while drivers are bound, under locks that are not for modules:
    /// when somebody reads sysfs' `rom`, or resizes a sibling's BAR. What is returned may then be
    /// of before and after.
    #[inline(never)]
    fn resource(&self, index: usize) -> Resource {
        // SAFETY: As in `class`; the index is one of the array's. No reference to what others write
        // is made: the fields are read one by one.
        let (start, end, flags, parent) = unsafe {
            let resources: *const [bindings::resource] = &raw const (*self.raw()).resource;

            if index >= resources.len() {
                (0, 0, 0, core::ptr::null_mut())
            } else {
                let resource = resources.cast::<bindings::resource>().add(index);

                (
                    (&raw const (*resource).start).read_volatile(),
                    (&raw const (*resource).end).read_volatile(),
                    (&raw const (*resource).flags).read_volatile(),
                    (&raw const (*resource).parent).read_volatile(),
                )
            }
        };

        Resource {
            start,
            // An empty resource is noted as start 0, end 0, without flags.
            len: match flags {
                0 => 0,
                _ => end.wrapping_sub(start).wrapping_add(1),
            },
            flags,
            assigned: !parent.is_null(),
        }
    }
}

impl<Ctx: DeviceContext> DeviceExt for pci::Device<Ctx> {}

/// Further methods for a PCI device that is bound to a driver and locked, as it is in the driver's
/// callbacks.
pub(crate) trait CoreExt: DeviceExt {
    /// Reads the COMMAND register (PCI Local Bus Specification 3.0, section 6.2.2).
    ///
    /// A device that does not answer reads as all ones.
    fn command(&self) -> u16 {
        // SAFETY: The device is valid.
        unsafe { read_word(self.raw(), bindings::PCI_COMMAND) }
    }

    /// Writes the COMMAND register.
    fn set_command(&self, command: u16) {
        // SAFETY: The device is valid. The result only says that the device is gone.
        unsafe {
            bindings::pci_write_config_word(self.raw(), bindings::PCI_COMMAND as c_int, command)
        };
    }

    /// Notes the configuration space, to be written back by the kernel after suspend and resets.
    fn save_state(&self) {
        // SAFETY: The device is valid and locked, so that nobody else saves or restores.
        // The result is always 0 but for lack of memory, when the old copy stands.
        unsafe { bindings::pci_save_state(self.raw()) };
    }

    /// Changes COMMAND in the copy that [`CoreExt::save_state`] made, without a configuration
    /// access.
    fn set_saved_command(&self, command: u16) {
        // SAFETY: The device is valid and locked, so that nobody else saves or restores.
        unsafe {
            let saved = &raw mut (*self.raw()).saved_config_space[1];

            // STATUS is in the upper half.
            saved.write(saved.read() & 0xffff_0000 | u32::from(command));
        }
    }

    /// Writes back the copy that [`CoreExt::save_state`] made.
    fn restore_state(&self) {
        // SAFETY: The device is valid and locked.
        unsafe { bindings::pci_restore_state(self.raw()) };
    }

    /// Changes the power state; nothing happens if the device has no power management.
    fn set_power_state(&self, state: PowerState) {
        // SAFETY: The device is valid and locked. Failure means that the device cannot.
        unsafe { bindings::pci_set_power_state(self.raw(), state as c_int) };
    }
}

impl CoreExt for pci::Device<Core<'_>> {}

/// Reads 16 bits of a device's configuration space; all ones if it does not answer.
///
/// # Safety
///
/// `pdev` is valid.
#[inline(never)]
unsafe fn read_word(pdev: *mut bindings::pci_dev, offset: u32) -> u16 {
    let mut value = u16::MAX;

    // SAFETY: By the requirements, and the pointer is that of a local. On failure the value is all
    // ones or was not written, which here is the same.
    unsafe { bindings::pci_read_config_word(pdev, offset as c_int, &mut value) };
    value
}

/// Returns the device of a raw pointer, in the context of a driver's callback.
///
/// # Safety
///
/// `pdev` is valid for the lifetime, bound to a driver and locked.
pub(super) unsafe fn core_device<'a>(
    pdev: *mut bindings::pci_dev,
) -> &'a pci::Device<device::CoreInternal<'a>> {
    // SAFETY: By the requirements of this function; `pci::Device` is `repr(transparent)`.
    unsafe { &*pdev.cast() }
}

/// Returns the PCI device of a raw device pointer.
///
/// # Safety
///
/// `dev` is valid for the lifetime and on the PCI bus.
pub(super) unsafe fn from_device<'a>(dev: *mut bindings::device) -> &'a pci::Device {
    // SAFETY: Devices on the PCI bus are embedded in a `struct pci_dev`.
    let pdev = unsafe { kernel::container_of!(dev, bindings::pci_dev, dev) };

    // SAFETY: As above; `pci::Device` is `repr(transparent)`.
    unsafe { &*pdev.cast() }
}

/// Returns the `struct device` of a PCI device.
pub(super) fn as_device(pdev: &pci::Device) -> *mut bindings::device {
    // SAFETY: The pointer is valid as the reference is.
    unsafe { &raw mut (*pdev.raw()).dev }
}

/// Returns the driver of a device, to be compared with others. It may be gone when the caller gets
/// the pointer, unless the device is locked.
pub(super) fn peek_driver(pdev: &pci::Device) -> *mut bindings::device_driver {
    // SAFETY: The device is valid. The pointer may change at any time, so it is read once.
    unsafe { (&raw const (*as_device(pdev)).driver).read_volatile() }
}
