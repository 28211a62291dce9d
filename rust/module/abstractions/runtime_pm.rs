// SPDX-License-Identifier: GPL-2.0

//! Runtime power management: the PM core puts a device to sleep while nobody uses it, and wakes it
//! for what needs it awake: resets, error recovery, system sleep, its driver's `remove`.
//!
//! C headers: `include/linux/pm_runtime.h`, `include/linux/pci.h`

use super::pci::{
    as_device,
    Raw as _, //
};
use kernel::{
    bindings,
    device::Core,
    pci,
    prelude::*,
    sync::aref::ARef, //
};

#[cfg(not(CONFIG_PM))]
compile_error!(
    "vga-stub needs a kernel with CONFIG_PM: held cards sleep by runtime power management"
);

/// As long as this lives the PM core may put a device to sleep, by its driver's
/// [`runtime_suspend`](super::pci_driver::Driver::runtime_suspend), but not into D3cold.
///
/// It is to be dropped in the driver's `remove`, for which the PM core has woken the device.
/// What userspace had written to `power/control` then holds again.
pub(crate) struct Idle {
    pdev: ARef<pci::Device>,
    /// Whether the device was to stay awake (`power/control` was `on`).
    forbidden: bool,
    /// Whether it could go to D3cold.
    d3cold: bool,
}

impl Idle {
    /// Lets a device sleep, which it does before this returns, unless somebody uses it or the
    /// driver refuses. Called at the end of its driver's `probe`.
    pub(crate) fn allow(pdev: &pci::Device<Core<'_>>) -> Self {
        let dev = as_device(pdev);

        // SAFETY: The device is valid and locked. Bits beside these two change under other locks or
        // none, as they do when C reads them.
        unsafe {
            let idle = Self {
                pdev: pdev.into(),
                forbidden: !bindings::dev_pm_info::runtime_auto_raw(&raw const (*dev).power),
                d3cold: bindings::pci_dev::no_d3cold_raw(pdev.raw()) == 0,
            };

            bindings::pci_d3cold_disable(pdev.raw());
            // Or the PM core would leave a sleeping device alone in a system sleep, in which the
            // firmware may reset it. The driver core clears this when the driver is unbound.
            (&raw mut (*dev).power.driver_flags).write(NO_DIRECT_COMPLETE);
            bindings::pm_runtime_allow(dev);
            // The PCI core took a reference for `probe`.
            bindings::__pm_runtime_suspend(dev, bindings::RPM_GET_PUT as c_int);
            idle
        }
    }
}

/// `DPM_FLAG_NO_DIRECT_COMPLETE` in include/linux/pm.h, a macro that bindgen does not evaluate.
const NO_DIRECT_COMPLETE: u32 = 1 << 0;

impl Drop for Idle {
    fn drop(&mut self) {
        let dev = as_device(&self.pdev);

        // SAFETY: The device is valid. The reference is the one that the PCI core drops after
        // `remove`.
        unsafe {
            bindings::__pm_runtime_resume(dev, bindings::RPM_GET_PUT as c_int);
            if self.forbidden {
                bindings::pm_runtime_forbid(dev);
            }
            if self.d3cold {
                bindings::pci_d3cold_enable(self.pdev.raw());
            }
        }
    }
}
