// SPDX-License-Identifier: GPL-2.0

//! Our driver as others on the bus see it: its name, its module, and which functions it is bound
//! to.

use crate::abstractions::pci_driver::Handle;
use kernel::{
    pci,
    prelude::*,
    ThisModule, //
};

/// The driver's name, as it stands in /sys/bus/pci/drivers.
pub(crate) const NAME: &CStr = c"vga-stub";

/// Our module.
pub(crate) static MODULE: ThisModule = this_module!();

/// Knows our driver, to tell it from others.
pub(crate) static HANDLE: Handle = Handle::unregistered();

/// Returns whether our driver holds a function. The answer may be old when it arrives, unless the
/// device is locked.
pub(crate) fn has(pdev: &pci::Device) -> bool {
    HANDLE.drives(pdev)
}
