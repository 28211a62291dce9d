// SPDX-License-Identifier: GPL-2.0

//! PCI drivers that manage DMA ownership themselves, and have callbacks for power, errors and
//! shutdown.
//!
//! [`kernel::pci::Adapter`] sets name, probe, remove and a table of IDs. Drivers that hold devices
//! for others need more (`driver_managed_dma`), and less: no table, so that userspace may add IDs
//! by `new_id`.
//!
//! C header: `include/linux/pci.h`

use super::pci::{
    core_device,
    peek_driver, //
};
use core::{
    marker::{
        PhantomData,
        PhantomPinned, //
    },
    pin::Pin, //
};
use kernel::{
    bindings,
    device::Core,
    error::{
        from_result,
        to_result, //
    },
    pci,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    types::{
        ForeignOwnable,
        Opaque, //
    },
    ThisModule, //
};

/// What state an error left the way to a device in (`pci_channel_state_t`).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// It works.
    Normal,
    /// It is blocked until a reset.
    Frozen,
    /// It is gone for good.
    PermanentFailure,
}

/// What a driver says of a device in error recovery (`pci_ers_result_t`,
/// `Documentation/PCI/pci-error-recovery.rst`).
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Recovery {
    /// The device can go on without a reset.
    CanRecover = bindings::pci_ers_result_PCI_ERS_RESULT_CAN_RECOVER,
    /// The device is to be reset.
    NeedReset = bindings::pci_ers_result_PCI_ERS_RESULT_NEED_RESET,
    /// The device cannot be recovered.
    Disconnect = bindings::pci_ers_result_PCI_ERS_RESULT_DISCONNECT,
    /// The device is whole again.
    Recovered = bindings::pci_ers_result_PCI_ERS_RESULT_RECOVERED,
}

/// Knows the driver that a [`Registration`] registered, to compare others with.
pub(crate) struct Handle(Atomic<*mut bindings::device_driver>);

impl Handle {
    /// Creates a handle that no driver is registered for.
    pub(crate) const fn unregistered() -> Self {
        Self(Atomic::new(core::ptr::null_mut()))
    }

    /// Returns whether a device is bound to the driver.
    ///
    /// The answer may be old when it arrives, unless the device is locked.
    pub(crate) fn drives(&self, pdev: &pci::Device) -> bool {
        let driver = peek_driver(pdev);

        !driver.is_null() && driver == self.0.load(Relaxed)
    }
}

/// A PCI driver.
///
/// All functions that get a device are called with the device locked, or, if it sleeps while nobody
/// uses it ([`Idle`](super::runtime_pm::Idle)), when no other of them can be. They find it awake.
pub(crate) trait Driver: 'static {
    /// What the driver keeps for each device that it is bound to.
    type Data: ForeignOwnable + Send;

    /// Returns what knows the registered driver.
    fn handle() -> &'static Handle;

    /// Binds to a device. An error leaves the device without driver.
    fn probe(pdev: &pci::Device<Core<'_>>) -> Result<Self::Data>;

    /// Unbinds from a device, which may be gone already.
    fn remove(pdev: &pci::Device<Core<'_>>, data: Self::Data);

    /// Leaves the device as the next kernel is to find it.
    fn shutdown(pdev: &pci::Device<Core<'_>>, data: <Self::Data as ForeignOwnable>::Borrowed<'_>);

    /// Puts the device back in its state after the system slept and the kernel restored the
    /// configuration space, or after a reset of the function.
    fn resume(pdev: &pci::Device<Core<'_>>);

    /// Saves the device's state and puts it to sleep, since nobody uses it. The PCI core wakes it
    /// and restores what was saved. An error (`EAGAIN`, `EBUSY`) leaves it awake.
    fn runtime_suspend(pdev: &pci::Device<Core<'_>>) -> Result;

    /// An error was reported on the device or on a bus above it.
    fn error_detected(channel: Channel) -> Recovery;

    /// The device was reset in error recovery, and its configuration space with it.
    ///
    /// The caller may hold `pci_bus_sem`, which a change of the power state takes.
    fn slot_reset(pdev: &pci::Device<Core<'_>>) -> Recovery;
}

/// A PCI device ID as `pci_add_dynid()` takes it; `!0` (`PCI_ANY_ID`) is any.
pub(crate) struct DynamicId {
    /// The vendor.
    pub(crate) vendor: u32,
    /// The vendor's number for the device.
    pub(crate) device: u32,
    /// The subsystem's vendor.
    pub(crate) subvendor: u32,
    /// That vendor's number for the subsystem.
    pub(crate) subdevice: u32,
    /// The class, of 24 bits.
    pub(crate) class: u32,
    /// Which of these bits count.
    pub(crate) class_mask: u32,
}

/// The registration of a driver; dropping it unbinds the driver from all devices.
///
/// # Invariants
///
/// The `struct pci_driver` is registered.
///
/// # Examples
///
/// ```ignore
/// let driver = KBox::pin_init(
///     Registration::<ExampleDriver>::new(c"example", &MODULE),
///     GFP_KERNEL,
/// )?;
///
/// // It is bound to the devices that have this ID and no driver, and to those that come.
/// driver.add_id(&DynamicId {
///     vendor: 0x1234,
///     device: 0x1111,
///     subvendor: !0,
///     subdevice: !0,
///     class: 0,
///     class_mask: 0,
/// })?;
/// ```
#[pin_data(PinnedDrop)]
pub(crate) struct Registration<T: Driver> {
    #[pin]
    driver: Opaque<bindings::pci_driver>,
    _driver: PhantomData<T>,
    #[pin]
    _pin: PhantomPinned,
}

// SAFETY: The methods with a shared reference are thread-safe in C.
unsafe impl<T: Driver> Sync for Registration<T> {}

// SAFETY: A driver may be unregistered by any thread.
unsafe impl<T: Driver> Send for Registration<T> {}

impl<T: Driver> Registration<T> {
    /// Registers a driver.
    pub(crate) fn new(
        name: &'static CStr,
        module: &'static ThisModule,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            // INVARIANT: The initialiser fails if the registration does.
            driver <- Opaque::try_ffi_init(|driver: *mut bindings::pci_driver| {
                let template = bindings::pci_driver {
                    name: name.as_char_ptr(),
                    // Without a table any ID may be added by `new_id`; with an empty one, none.
                    id_table: core::ptr::null(),
                    probe: Some(Self::probe),
                    remove: Some(Self::remove),
                    shutdown: Some(Self::shutdown),
                    err_handler: &Self::ERROR_HANDLERS,
                    driver_managed_dma: true,
                    driver: bindings::device_driver {
                        pm: &Self::PM_OPS,
                        ..Default::default()
                    },
                    ..Default::default()
                };

                // SAFETY: `try_ffi_init` gives a pointer that is valid for writes.
                unsafe { driver.write(template) };
                // SAFETY: The field is in what was just written.
                T::handle().0.store(unsafe { &raw mut (*driver).driver }, Relaxed);
                // SAFETY: The driver stays where it is until it is unregistered in `drop`.
                to_result(unsafe {
                    bindings::__pci_register_driver(driver, module.as_ptr(), name.as_char_ptr())
                })
                .inspect_err(|_| T::handle().forget())
            }),
            _driver: PhantomData,
            _pin: PhantomPinned,
        })
    }

    /// Adds an ID, and binds to every device that has it and no driver.
    ///
    /// # Errors
    ///
    /// `ENOMEM`.
    pub(crate) fn add_id(&self, id: &DynamicId) -> Result {
        // SAFETY: By the type invariant the driver is registered.
        to_result(unsafe {
            bindings::pci_add_dynid(
                self.driver.get(),
                id.vendor,
                id.device,
                id.subvendor,
                id.subdevice,
                id.class,
                id.class_mask,
                0,
            )
        })
    }

    const ERROR_HANDLERS: bindings::pci_error_handlers = bindings::pci_error_handlers {
        error_detected: Some(Self::error_detected),
        slot_reset: Some(Self::slot_reset),
        reset_prepare: Some(Self::reset_prepare),
        reset_done: Some(Self::reset_done),
        ..pin_init::zeroed()
    };

    const PM_OPS: bindings::dev_pm_ops = bindings::dev_pm_ops {
        resume: Some(Self::pm_resume),
        thaw: Some(Self::pm_resume),
        restore: Some(Self::pm_resume),
        runtime_suspend: Some(Self::runtime_suspend),
        ..pin_init::zeroed()
    };

    extern "C" fn probe(
        pdev: *mut bindings::pci_dev,
        _id: *const bindings::pci_device_id,
    ) -> c_int {
        // SAFETY: The PCI core calls this with a valid device, which is locked.
        let device = unsafe { core_device(pdev) };

        from_result(|| {
            let data = T::probe(device)?;

            // SAFETY: The device is valid and locked.
            unsafe { bindings::dev_set_drvdata(&raw mut (*pdev).dev, data.into_foreign().cast()) };
            Ok(0)
        })
    }

    extern "C" fn remove(pdev: *mut bindings::pci_dev) {
        // SAFETY: The PCI core calls this with a valid device, which is locked.
        let device = unsafe { core_device(pdev) };
        // SAFETY: The PCI core calls this once after a `probe` that succeeded, which set the data.
        // All other callbacks that borrow it have the device locked too.
        let data = unsafe {
            let data =
                T::Data::from_foreign(bindings::dev_get_drvdata(&raw mut (*pdev).dev).cast());

            bindings::dev_set_drvdata(&raw mut (*pdev).dev, core::ptr::null_mut());
            data
        };

        T::remove(device, data);
    }

    /// Calls a function with a bound device and the driver's data for it.
    ///
    /// # Safety
    ///
    /// `pdev` is valid, bound to this driver and locked.
    unsafe fn with<R>(
        pdev: *mut bindings::pci_dev,
        call: impl FnOnce(&pci::Device<Core<'_>>, <T::Data as ForeignOwnable>::Borrowed<'_>) -> R,
    ) -> R {
        // SAFETY: By the requirements of this function.
        let device = unsafe { core_device(pdev) };
        // SAFETY: As the device is bound, `probe` set the data, and `remove` will not take it
        // while the device is locked.
        let data =
            unsafe { T::Data::borrow(bindings::dev_get_drvdata(&raw mut (*pdev).dev).cast()) };

        call(device, data)
    }

    extern "C" fn shutdown(pdev: *mut bindings::pci_dev) {
        // SAFETY: `device_shutdown()` locks the device, and `pci_device_shutdown()` calls this for
        // the driver that is bound.
        unsafe { Self::with(pdev, T::shutdown) }
    }

    extern "C" fn pm_resume(dev: *mut bindings::device) -> c_int {
        // SAFETY: The device is on the PCI bus, since the driver is.
        let pdev = unsafe { kernel::container_of!(dev, bindings::pci_dev, dev) };

        // SAFETY: `device_resume()` locks the device and calls the bound driver.
        T::resume(unsafe { core_device(pdev) });
        0
    }

    extern "C" fn runtime_suspend(dev: *mut bindings::device) -> c_int {
        // SAFETY: The device is on the PCI bus, since the driver is.
        let pdev = unsafe { kernel::container_of!(dev, bindings::pci_dev, dev) };

        // SAFETY: The PM core calls this for the bound driver of a valid device, when nobody has a
        // reference to its being awake. Whoever calls another callback has one: for `probe`, until
        // it lets the device sleep, and for `remove` the PCI core; for system sleep and shutdown
        // the PM core, and each waits for a suspend that is under way; for error recovery
        // `pcie_do_recovery()`; for other resets `reset_prepare` below. So none runs meanwhile,
        // which is what the lock is for.
        let device = unsafe { core_device(pdev) };

        from_result(|| T::runtime_suspend(device).map(|()| 0))
    }

    /// Resets find the device awake, so that what the PCI core saves is what it was, and keep it
    /// awake until they are done. The core's own `pci_set_power_state()` before it saves restores
    /// nothing, and a device may lose its configuration in it.
    extern "C" fn reset_prepare(pdev: *mut bindings::pci_dev) {
        // SAFETY: `pci_dev_save_and_disable()` is called with a valid device.
        unsafe {
            bindings::__pm_runtime_resume(&raw mut (*pdev).dev, bindings::RPM_GET_PUT as c_int)
        };
    }

    extern "C" fn reset_done(pdev: *mut bindings::pci_dev) {
        // SAFETY: `pci_dev_restore()` is called with the device locked, for the bound driver.
        T::resume(unsafe { core_device(pdev) });
        // SAFETY: `pci_dev_save_and_disable()` came before, under the same lock, and so did
        // `reset_prepare`.
        unsafe {
            bindings::__pm_runtime_idle(
                &raw mut (*pdev).dev,
                (bindings::RPM_GET_PUT | bindings::RPM_ASYNC) as c_int,
            )
        };
    }

    extern "C" fn error_detected(
        _pdev: *mut bindings::pci_dev,
        state: bindings::pci_channel_state_t,
    ) -> bindings::pci_ers_result_t {
        let channel = match state {
            bindings::pci_channel_io_normal => Channel::Normal,
            bindings::pci_channel_io_frozen => Channel::Frozen,
            _ => Channel::PermanentFailure,
        };

        T::error_detected(channel) as bindings::pci_ers_result_t
    }

    extern "C" fn slot_reset(pdev: *mut bindings::pci_dev) -> bindings::pci_ers_result_t {
        // SAFETY: `report_slot_reset()` locks the device and calls the bound driver.
        // `pcifront_common_process()`, which in a PV guest of Xen does not, has a reference to the
        // device; what the driver keeps for it, which `remove` may be freeing, is not touched.
        T::slot_reset(unsafe { core_device(pdev) }) as bindings::pci_ers_result_t
    }
}

impl Handle {
    fn forget(&self) {
        self.0.store(core::ptr::null_mut(), Relaxed);
    }
}

#[pinned_drop]
impl<T: Driver> PinnedDrop for Registration<T> {
    fn drop(self: Pin<&mut Self>) {
        // SAFETY: By the type invariant the driver is registered.
        unsafe { bindings::pci_unregister_driver(self.driver.get()) };
        T::handle().forget();
    }
}
