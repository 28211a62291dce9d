// SPDX-License-Identifier: GPL-2.0

//! Binding devices to drivers and unbinding them, as sysfs does.
//!
//! C header: `include/linux/device.h`

use super::bus::{
    self,
    DriverRef, //
};
use super::pci::{
    as_device,
    peek_driver, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    error::to_result,
    pci,
    prelude::*,
    types::NotThreadSafe,
    ThisModule, //
};

/// A device that is locked (`device_lock()`): it gets and loses no driver.
///
/// # Invariants
///
/// The device's mutex is ours. It is unlocked by the task that locked it.
pub(crate) struct Locked<'a>(&'a pci::Device, NotThreadSafe);

impl<'a> Locked<'a> {
    /// Locks a device if nobody else has it locked, as happens during probe and removal.
    pub(crate) fn try_new(pdev: &'a pci::Device) -> Option<Self> {
        // SAFETY: The device is valid and so is its mutex.
        let locked = unsafe { bindings::mutex_trylock(&raw mut (*as_device(pdev)).mutex) };

        // INVARIANT: By the above; the type is not `Send`.
        (locked != 0).then(|| Self(pdev, NotThreadSafe))
    }

    /// Returns the device.
    pub(crate) fn pdev(&self) -> &pci::Device {
        self.0
    }

    /// Returns whether the device has a driver. One that does is on its bus, and stays there at
    /// least until it is unlocked: `device_del()` unbinds it on the way.
    pub(crate) fn is_bound(&self) -> bool {
        has_driver(self.0)
    }

    /// Returns the driver that the device is bound to. `ours` is the caller's own module.
    ///
    /// # Errors
    ///
    /// `EBUSY`: the driver's module is being loaded or unloaded.
    #[inline(never)]
    pub(crate) fn driver(&self, ours: &ThisModule) -> Result<Option<DriverRef>> {
        // SAFETY: The device is locked, so that its driver stays bound, and with it valid.
        match NonNull::new(unsafe { (*as_device(self.0)).driver }) {
            None => Ok(None),
            // SAFETY: As above, and the device is on the PCI bus.
            Some(driver) => unsafe { DriverRef::try_new(driver, ours) }
                .ok_or(EBUSY)
                .map(Some),
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
/// driver; `ENODEV`: the device is gone, or the driver is, or does not match.
pub(crate) fn attach(pdev: &pci::Device, driver: &DriverRef) -> Result {
    let mut result = Err(ENODEV);

    bus::for_each_driver(|registered| {
        let found = registered.as_ptr() == driver.as_ptr();

        if found {
            // SAFETY: The device is valid. The driver is registered, and stays so during the walk,
            // for whose end `bus_remove_driver()` waits.
            result = to_result(unsafe {
                bindings::device_driver_attach(driver.as_ptr(), as_device(pdev))
            });
        }
        found
    });
    result
}

/// A device's `driver_override`, set for as long as this lives.
///
/// Drop puts the former one back, unless somebody else has changed it meanwhile.
///
/// # Examples
///
/// ```ignore
/// let text = Override::set(pdev, &driver)?;
///
/// // Drivers that take only what is named for them take the device now.
/// attach(pdev, &driver)?;
/// drop(text);
/// ```
pub(crate) struct Override<'a> {
    pdev: &'a pci::Device,
    ours: &'a CStr,
    former: Name,
}

impl<'a> Override<'a> {
    /// Sets the override.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn set(pdev: &'a pci::Device, driver: &'a DriverRef) -> Result<Self> {
        let ours = driver.name();
        let mut former = Name::new(ours)?;

        exchange(pdev, None, &mut former);
        Ok(Self { pdev, ours, former })
    }
}

impl Drop for Override<'_> {
    fn drop(&mut self) {
        exchange(self.pdev, Some(self.ours), &mut self.former);
    }
}

/// Changes a device's override from one text to another, both empty for none; nothing happens if it
/// is neither.
///
/// # Errors
///
/// `ENOMEM`.
pub(crate) fn change_override(pdev: &pci::Device, from: &CStr, to: &CStr) -> Result {
    exchange(pdev, Some(from), &mut Name::new(to)?);
    Ok(())
}

/// Returns whether a device's override is a text; an empty one is none. The answer may be old when
/// it arrives.
pub(crate) fn has_override(pdev: &pci::Device, text: &CStr) -> bool {
    with_override(pdev, |current| current.is(text))
}

/// The text of a `driver_override`.
///
/// # Invariants
///
/// The pointer is NULL for none, or that of a NUL-terminated string that `kfree()` takes.
#[repr(transparent)]
struct Name(*mut c_char);

impl Name {
    /// Copies a text; an empty one is none.
    fn new(text: &CStr) -> Result<Self> {
        if text.is_empty() {
            // INVARIANT: There is none.
            return Ok(Self(core::ptr::null_mut()));
        }

        // SAFETY: The text is NUL-terminated.
        let copy = unsafe { bindings::kstrdup(text.as_char_ptr(), bindings::GFP_KERNEL) };

        // INVARIANT: By the above.
        NonNull::new(copy)
            .map(|copy| Self(copy.as_ptr()))
            .ok_or(ENOMEM)
    }

    /// Returns whether it is a text; an empty one is none.
    fn is(&self, text: &CStr) -> bool {
        if self.0.is_null() {
            text.is_empty()
        } else {
            // SAFETY: By the type invariant; both are NUL-terminated.
            unsafe { bindings::strcmp(self.0, text.as_char_ptr()) == 0 }
        }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        // SAFETY: By the type invariant.
        unsafe { bindings::kfree(self.0.cast()) };
    }
}

/// Exchanges a device's override for another, if it is `from` or that is not given: under one hold
/// of the lock, so that no text that somebody else writes meanwhile is lost.
fn exchange(pdev: &pci::Device, from: Option<&CStr>, name: &mut Name) {
    with_override(pdev, |current| {
        if from.is_none_or(|from| current.is(from)) {
            core::mem::swap(current, name);
        }
    });
}

/// Calls a function with a device's override, under a spinlock.
fn with_override<R>(pdev: &pci::Device, call: impl FnOnce(&mut Name) -> R) -> R {
    let dev = as_device(pdev);

    // SAFETY: The device is valid, and its lock guards its name, which is NULL or a NUL-terminated
    // string that the driver core takes from and gives to kmalloc()
    // (`__device_set_driver_override()`, `device_release()`): what a `Name` is, in memory, too.
    unsafe {
        let lock = &raw mut (*dev).driver_override.lock;

        bindings::spin_lock(lock);

        let result = call(&mut *(&raw mut (*dev).driver_override.name).cast::<Name>());

        bindings::spin_unlock(lock);
        result
    }
}
