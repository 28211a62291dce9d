// SPDX-License-Identifier: GPL-2.0

//! Binding devices to drivers and unbinding them, as sysfs does.
//!
//! C header: `include/linux/device.h`

use super::bus::DriverRef;
use super::pci::{
    as_device,
    peek_driver, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    pci,
    prelude::*, //
};

/// A device that is locked (`device_lock()`): it gets and loses no driver.
///
/// # Invariants
///
/// The device's mutex is ours.
pub(crate) struct Locked<'a>(&'a pci::Device);

impl<'a> Locked<'a> {
    /// Locks a device if nobody else has it locked, as happens during probe and removal.
    pub(crate) fn try_new(pdev: &'a pci::Device) -> Option<Self> {
        // SAFETY: The device is valid and so is its mutex.
        let locked = unsafe { bindings::mutex_trylock(&raw mut (*as_device(pdev)).mutex) };

        // INVARIANT: By the above.
        (locked != 0).then(|| Self(pdev))
    }

    /// Returns the device.
    pub(crate) fn pdev(&self) -> &pci::Device {
        self.0
    }

    /// Returns whether the device is on its bus and will stay there at least until it is unlocked.
    pub(crate) fn is_there(&self) -> bool {
        // SAFETY: The device is valid; its private part is there from its registration on and is
        // freed with it. `kill_device()` changes the flag with the device locked.
        unsafe { (*as_device(self.0)).p.as_ref() }.is_some_and(|private| private.dead() == 0)
    }

    /// Returns the driver that the device is bound to.
    ///
    /// # Errors
    ///
    /// `EBUSY`: the driver's module is on its way out.
    #[inline(never)]
    pub(crate) fn driver(&self) -> Result<Option<DriverRef>> {
        // SAFETY: The device is locked, so that its driver stays bound, and with it valid.
        match NonNull::new(unsafe { (*as_device(self.0)).driver }) {
            None => Ok(None),
            // SAFETY: As above, and the device is on the PCI bus.
            Some(driver) => unsafe { DriverRef::try_new(driver) }.ok_or(EBUSY).map(Some),
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the mutex is ours.
        unsafe { bindings::mutex_unlock(&raw mut (*as_device(self.0)).mutex) };
    }
}

/// Returns whether a device has a driver. The answer may be old when it arrives.
pub(crate) fn has_driver(pdev: &pci::Device) -> bool {
    !peek_driver(pdev).is_null()
}

/// Unbinds a device from its driver, if it has one. Waits for its lock.
pub(crate) fn release_driver(pdev: &pci::Device) {
    // SAFETY: The device is valid.
    unsafe { bindings::device_release_driver(as_device(pdev)) };
}

/// Binds a device to a driver, which must match it: see [`Override`].
///
/// # Errors
///
/// What the driver's probe returned (`EAGAIN` if it deferred); `EBUSY`: the device has another
/// driver; `ENODEV`: the device is gone, or the driver does not match.
pub(crate) fn attach(pdev: &pci::Device, driver: &DriverRef) -> Result {
    // SAFETY: The device is valid, and the driver stays registered as its module is held.
    to_result(unsafe { bindings::device_driver_attach(driver.as_ptr(), as_device(pdev)) })
}

/// A device's `driver_override`, set for as long as this lives.
///
/// Drop puts the former one back, unless somebody else has changed it meanwhile.
pub(crate) struct Override<'a> {
    pdev: &'a pci::Device,
    ours: &'a CStr,
    former: KBox<Name>,
}

/// The text of an override, which is shorter than a page (`__device_set_driver_override()`), and
/// empty if there is none. What follows it is 0.
type Name = [u8; kernel::page::PAGE_SIZE];

impl<'a> Override<'a> {
    /// Sets the override.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn set(pdev: &'a pci::Device, driver: &'a DriverRef) -> Result<Self> {
        let mut former: KBox<Name> = KBox::init(pin_init::init_zeroed(), GFP_KERNEL)?;

        read_override(pdev, |name| {
            for (to, from) in former.iter_mut().zip(name) {
                *to = *from;
            }
        });
        write_override(pdev, driver.name())?;
        Ok(Self {
            pdev,
            ours: driver.name(),
            former,
        })
    }
}

impl Drop for Override<'_> {
    fn drop(&mut self) {
        let mut still_ours = false;

        read_override(self.pdev, |name| still_ours = name == self.ours.to_bytes());
        if !still_ours {
            return;
        }

        let former = CStr::from_bytes_until_nul(&*self.former).unwrap_or(c"");

        if write_override(self.pdev, former).is_err() {
            // There is no memory for the text; that there is none needs none.
            let _ = write_override(self.pdev, c"");
            dev_err!(
                self.pdev,
                "no memory to put driver_override back; cleared\n"
            );
        }
    }
}

/// Changes a device's override from one text to another, both empty for none; nothing happens if it
/// is neither.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn change_override(pdev: &pci::Device, from: &CStr, to: &CStr) -> Result {
    let mut matches = false;

    read_override(pdev, |name| matches = name == from.to_bytes());
    if matches {
        write_override(pdev, to)?;
    }
    Ok(())
}

/// Returns whether a device's override is a text; an empty one is none. The answer may be old when
/// it arrives.
pub(crate) fn has_override(pdev: &pci::Device, text: &CStr) -> bool {
    let mut same = false;

    read_override(pdev, |name| same = name == text.to_bytes());
    same
}

/// Calls a function with a device's override, empty if there is none, under a spinlock.
fn read_override(pdev: &pci::Device, call: impl FnOnce(&[u8])) {
    let dev = as_device(pdev);

    // SAFETY: The device is valid, and its lock guards the name, which is NULL or NUL-terminated.
    unsafe {
        let lock = &raw mut (*dev).driver_override.lock;

        bindings::spin_lock(lock);
        match (*dev).driver_override.name {
            name if name.is_null() => call(&[]),
            name => call(CStr::from_char_ptr(name).to_bytes()),
        }
        bindings::spin_unlock(lock);
    }
}

/// Sets a device's override; an empty one is none.
fn write_override(pdev: &pci::Device, name: &CStr) -> Result {
    // SAFETY: The device is valid; the function reads the string up to its NUL.
    to_result(unsafe {
        bindings::__device_set_driver_override(
            as_device(pdev),
            name.as_char_ptr(),
            name.to_bytes().len(),
        )
    })
}
