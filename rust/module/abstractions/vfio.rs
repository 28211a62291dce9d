// SPDX-License-Identifier: GPL-2.0

//! VFIO: whether a program has a device open.
//!
//! DMA ownership tells of programs that have a container or an iommufd. Whoever has only opened
//! /dev/vfio/devices/vfioN has none; but `vfio_unregister_group_dev()`, in each driver's removal,
//! waits for them too.
//!
//! C header: `include/linux/vfio.h`

use super::{
    bindings::{
        VGA_STUB_VFIO_FROM_DEVICE,
        VGA_STUB_VFIO_TO_USERS, //
    },
    device::Locked,
    pci::as_device, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*, //
};

/// The name of vfio's class. Those of its devices are `struct vfio_device`'s.
const CLASS: &CStr = c"vfio-dev";

/// The name of a device of vfio's: vfio0, noiommu-vfio0; and of its file in /dev/vfio/devices, if
/// the kernel has those (CONFIG_VFIO_DEVICE_CDEV).
pub(crate) struct Name([u8; 32]);

impl Name {
    /// Returns the text.
    pub(crate) fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or(c"?")
    }
}

/// A device of vfio's, which stays in memory as long as this lives.
///
/// # Invariants
///
/// The pointer is valid, that of the `device` in a `struct vfio_device`, and a reference is owned.
struct Device(NonNull<bindings::device>);

impl Device {
    /// Returns vfio's device for a PCI device that a driver of vfio's has; [`None`] for others.
    fn of(member: &Locked<'_>) -> Option<Self> {
        // SAFETY: The PCI device is valid; `is_vfio` is for any device. A reference is taken for
        // us.
        let child = unsafe {
            bindings::device_find_child(as_device(member.pdev()), core::ptr::null(), Some(is_vfio))
        };

        // INVARIANT: vfio sets its class for what `vfio_init_device()` makes, and for nothing else.
        NonNull::new(child).map(Self)
    }

    /// Returns how many users the registration has: one is the driver's own.
    fn users(&self) -> i32 {
        // SAFETY: By the type invariant, and the offsets are those of this kernel's structure. The
        // counter is changed at any time; it is read once.
        unsafe {
            let users = self
                .0
                .as_ptr()
                .byte_sub(VGA_STUB_VFIO_FROM_DEVICE)
                .byte_add(VGA_STUB_VFIO_TO_USERS)
                .cast::<bindings::refcount_t>();

            (&raw const (*users).refs.counter).read_volatile()
        }
    }

    fn name(&self) -> Name {
        let mut name = Name([0; 32]);

        // SAFETY: By the type invariant. The name is NUL-terminated, and does not change while the
        // device is registered.
        let text = unsafe { CStr::from_char_ptr(bindings::dev_name(self.0.as_ptr())) };

        // The last byte stays 0.
        for (to, from) in name.0.iter_mut().zip(text.to_bytes().iter().take(31)) {
            *to = *from;
        }
        name
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: By the type invariant a reference is owned.
        unsafe { bindings::put_device(self.0.as_ptr()) };
    }
}

/// Returns the name of a device's device of vfio's if a program has it open, be it by a group, by
/// its own file, or by a file that came from it.
///
/// As long as the device is locked its driver neither registers nor unregisters it. Programs may
/// open it at any time.
pub(crate) fn opened(member: &Locked<'_>) -> Option<Name> {
    let device = Device::of(member)?;

    (device.users() > 1).then(|| device.name())
}

/// Tells devices of vfio's from others, for `device_find_child()`.
extern "C" fn is_vfio(dev: *mut bindings::device, _: *const c_void) -> c_int {
    // SAFETY: The caller passes a valid device, whose class stays as long as it does; the class's
    // name is NUL-terminated.
    unsafe {
        let class = (&raw const (*dev).class).read_volatile();

        c_int::from(!class.is_null() && bindings::strcmp((*class).name, CLASS.as_char_ptr()) == 0)
    }
}
