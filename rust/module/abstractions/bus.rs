// SPDX-License-Identifier: GPL-2.0

//! The PCI bus: its devices, its drivers, and what happens to them.
//!
//! C header: `include/linux/device/bus.h`

use super::pci::{
    from_device,
    peek_driver, //
};
use core::{
    marker::{
        PhantomData,
        PhantomPinned, //
    },
    ops::Deref,
    pin::Pin,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::to_result,
    pci,
    prelude::*,
    types::Opaque,
    ThisModule, //
};

/// Calls a function for every device on the bus. The device exists during the call.
pub(crate) fn for_each_device<F: FnMut(&pci::Device)>(mut call: F) {
    extern "C" fn each<F: FnMut(&pci::Device)>(
        dev: *mut bindings::device,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: `for_each_device` passes its function, and uses it only after the walk.
        let call = unsafe { &mut *data.cast::<F>() };

        // SAFETY: The walk is over the PCI bus and holds a reference to the device.
        call(unsafe { from_device(dev) });
        0
    }

    // SAFETY: The bus is registered before any module is loaded, and `each` gets what it expects.
    unsafe {
        bindings::bus_for_each_dev(
            &raw const bindings::pci_bus_type,
            core::ptr::null_mut(),
            (&raw mut call).cast(),
            Some(each::<F>),
        )
    };
}

/// Calls a function for every driver on the bus, until it returns true. The driver stays registered
/// during the call.
pub(crate) fn for_each_driver<F: FnMut(&Driver) -> bool>(mut call: F) {
    extern "C" fn each<F: FnMut(&Driver) -> bool>(
        driver: *mut bindings::device_driver,
        data: *mut c_void,
    ) -> c_int {
        // SAFETY: `for_each_driver` passes its function, and uses it only after the walk.
        let call = unsafe { &mut *data.cast::<F>() };

        // SAFETY: The walk is over the PCI bus and keeps the driver on its list, for which
        // `bus_remove_driver()` waits.
        c_int::from(call(unsafe { Driver::from_raw(driver) }))
    }

    // SAFETY: The bus is registered before any module is loaded, and `each` gets what it expects.
    unsafe {
        bindings::bus_for_each_drv(
            &raw const bindings::pci_bus_type,
            core::ptr::null_mut(),
            (&raw mut call).cast(),
            Some(each::<F>),
        )
    };
}

/// A PCI driver.
///
/// # Invariants
///
/// It is embedded in a `struct pci_driver`.
#[repr(transparent)]
pub(crate) struct Driver(Opaque<bindings::device_driver>);

impl Driver {
    /// Returns the driver of a raw pointer.
    ///
    /// # Safety
    ///
    /// `driver` is that of a PCI driver, and valid for the lifetime.
    unsafe fn from_raw<'a>(driver: *mut bindings::device_driver) -> &'a Self {
        // SAFETY: By the requirements; `Driver` is `repr(transparent)` over an `Opaque`.
        unsafe { &*driver.cast() }
    }

    /// Takes a reference; [`None`] if its module is being loaded or unloaded. `ours` is the
    /// caller's own module: see [`DriverRef`].
    pub(crate) fn reference(&self, ours: &ThisModule) -> Option<DriverRef> {
        // SAFETY: By the type invariant, during the call.
        unsafe { DriverRef::try_new(NonNull::new(self.0.get())?, ours) }
    }

    /// Returns the C structure.
    pub(super) fn as_ptr(&self) -> *mut bindings::device_driver {
        self.0.get()
    }

    /// Returns the driver's name, as it stands in /sys/bus/pci/drivers.
    #[inline(never)]
    pub(crate) fn name(&self) -> &CStr {
        // SAFETY: The driver is valid; its name is NUL-terminated, and there as long as it is.
        unsafe { CStr::from_char_ptr((*self.0.get()).name) }
    }

    /// Returns the name of the driver's module; [`None`] if it is built into the kernel.
    pub(crate) fn module(&self) -> Option<&CStr> {
        // SAFETY: The driver is valid, and so is its module; the module's name is NUL-terminated,
        // and does not change.
        unsafe {
            let module = (*self.0.get()).owner;

            (!module.is_null()).then(|| CStr::from_char_ptr((&raw const (*module).name).cast()))
        }
    }

    /// Returns whether a device is bound to the driver. The answer may be old when it arrives.
    pub(crate) fn drives(&self, pdev: &pci::Device) -> bool {
        peek_driver(pdev) == self.0.get()
    }

    /// Returns whether the driver leaves DMA ownership to the users of its devices
    /// (`driver_managed_dma`).
    pub(crate) fn manages_dma(&self) -> bool {
        // SAFETY: By the type invariant; the field is not written once the driver is registered.
        unsafe {
            (*kernel::container_of!(self.0.get(), bindings::pci_driver, driver)).driver_managed_dma
        }
    }
}

/// A [`Driver`] that stays in memory as long as this lives, since its module does.
///
/// That does not keep it registered: [`attach`](super::device::attach) looks.
///
/// # Invariants
///
/// The pointer is valid, that of a PCI driver that is part of its module, and a reference to the
/// module is owned. The module's initialisation is over, as a failing one frees the module in spite
/// of all references; but for the caller's own module, where nothing may fail once others can find
/// its driver.
pub(crate) struct DriverRef(NonNull<bindings::device_driver>);

// SAFETY: References to modules are nobody's in particular, and all that is done with a shared
// reference to a driver is to read what does not change.
unsafe impl Send for DriverRef {}

impl Deref for DriverRef {
    type Target = Driver;

    fn deref(&self) -> &Driver {
        // SAFETY: By the type invariant, as long as `self` lives.
        unsafe { Driver::from_raw(self.0.as_ptr()) }
    }
}

impl DriverRef {
    /// Finds the first driver that a function is true of.
    pub(crate) fn find(ours: &ThisModule, matches: impl Fn(&Driver) -> bool) -> Option<Self> {
        let mut found = None;

        for_each_driver(|driver| {
            let matches = matches(driver);

            if matches {
                found = driver.reference(ours);
            }
            matches
        });
        found
    }

    /// Takes a reference to a driver; [`None`] if its module is being loaded or unloaded, and is
    /// not `ours`.
    ///
    /// # Safety
    ///
    /// `driver` is that of a PCI driver, and valid during the call.
    #[inline(never)]
    pub(super) unsafe fn try_new(
        driver: NonNull<bindings::device_driver>,
        ours: &ThisModule,
    ) -> Option<Self> {
        // SAFETY: By the requirements. NULL, the module of a driver that is built in, is allowed. A
        // module's state changes at any time, but not from live to coming.
        unsafe {
            let module = (*driver.as_ptr()).owner;

            if !bindings::try_module_get(module) {
                return None;
            }
            if !module.is_null()
                && module != ours.as_ptr()
                && (&raw const (*module).state).read_volatile()
                    == bindings::module_state_MODULE_STATE_COMING
            {
                bindings::module_put(module);
                return None;
            }
        }
        // INVARIANT: The reference was just taken.
        Some(Self(driver))
    }
}

impl Drop for DriverRef {
    #[inline(never)]
    fn drop(&mut self) {
        // SAFETY: By the type invariant the driver is valid and a reference is owned. NULL, the
        // module of a driver that is built in, is allowed.
        unsafe { bindings::module_put((*self.0.as_ptr()).owner) };
    }
}

/// What happens to a device on the bus.
#[derive(Clone, Copy)]
pub(crate) enum Event<'a> {
    /// The device is new, and no driver has seen it.
    Add,
    /// The device is about to go. Its driver may still be bound.
    Delete,
    /// This driver was bound; the device is locked.
    Bound(&'a Driver),
    /// The device is about to lose this driver; it is locked.
    Unbind(&'a Driver),
    /// A driver was unbound; the device is locked.
    Unbound,
}

/// Hears of what happens on the bus.
pub(crate) trait Listener: 'static {
    /// Called at each event, in a context that may sleep, with a semaphore held that every bind
    /// and unbind on the bus takes too: waiting for one of those here is a deadlock.
    fn notify(event: Event<'_>, pdev: &pci::Device);
}

/// The registration of a listener.
///
/// # Invariants
///
/// The notifier block is registered with the PCI bus.
///
/// # Examples
///
/// ```ignore
/// struct Log;
///
/// impl Listener for Log {
///     fn notify(event: Event<'_>, pdev: &pci::Device) {
///         if let Event::Add = event {
///             dev_info!(pdev, "it has come\n");
///         }
///     }
/// }
///
/// let log = KBox::pin_init(Notifier::<Log>::new(), GFP_KERNEL)?;
/// // No call is under way when this returns.
/// drop(log);
/// ```
#[pin_data(PinnedDrop)]
pub(crate) struct Notifier<T: Listener> {
    #[pin]
    block: Opaque<bindings::notifier_block>,
    _listener: PhantomData<T>,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: There are no methods with a shared reference.
unsafe impl<T: Listener> Sync for Notifier<T> {}
// SAFETY: A notifier may be unregistered by any thread.
unsafe impl<T: Listener> Send for Notifier<T> {}

impl<T: Listener> Notifier<T> {
    /// Registers a listener.
    pub(crate) fn new() -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: The initialiser fails if the registration does.
            block <- Opaque::try_ffi_init(|block: *mut bindings::notifier_block| {
                // SAFETY: `try_ffi_init` gives a pointer that is valid for writes.
                unsafe {
                    block.write(bindings::notifier_block {
                        notifier_call: Some(Self::call),
                        ..Default::default()
                    })
                };
                // SAFETY: The block stays where it is until it is unregistered in `drop`.
                to_result(unsafe {
                    bindings::bus_register_notifier(&raw const bindings::pci_bus_type, block)
                })
            }),
            _listener: PhantomData,
            _pin: PhantomPinned,
        })
    }

    extern "C" fn call(
        _block: *mut bindings::notifier_block,
        action: usize,
        data: *mut c_void,
    ) -> c_int {
        let event = match action as bindings::bus_notifier_event {
            bindings::bus_notifier_event_BUS_NOTIFY_ADD_DEVICE => Event::Add,
            bindings::bus_notifier_event_BUS_NOTIFY_DEL_DEVICE => Event::Delete,
            bindings::bus_notifier_event_BUS_NOTIFY_BOUND_DRIVER
            | bindings::bus_notifier_event_BUS_NOTIFY_UNBIND_DRIVER => {
                // SAFETY: The device is locked and bound to a driver of its bus.
                let driver = unsafe { Driver::from_raw((*data.cast::<bindings::device>()).driver) };

                if action as bindings::bus_notifier_event
                    == bindings::bus_notifier_event_BUS_NOTIFY_BOUND_DRIVER
                {
                    Event::Bound(driver)
                } else {
                    Event::Unbind(driver)
                }
            }
            bindings::bus_notifier_event_BUS_NOTIFY_UNBOUND_DRIVER => Event::Unbound,
            _ => return 0,
        };

        // SAFETY: The PCI bus notifies with a device of its own, which exists during the call.
        T::notify(event, unsafe { from_device(data.cast()) });
        0
    }
}

#[pinned_drop]
impl<T: Listener> PinnedDrop for Notifier<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant the block is registered. Calls under way end before this
        // returns.
        unsafe {
            bindings::bus_unregister_notifier(&raw const bindings::pci_bus_type, self.block.get())
        };
    }
}
