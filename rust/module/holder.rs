// SPDX-License-Identifier: GPL-2.0

//! Which drivers hold devices for guests.

use crate::abstractions::bus::{
    self,
    Driver, //
};
use kernel::{
    pci,
    prelude::*, //
};

/// Xen's driver, of the module xen-pciback.
pub(crate) const PCIBACK: &CStr = c"pciback";

/// The driver of PCI Express ports. It manages DMA too, but for the devices below it.
const PCIEPORT: &CStr = c"pcieport";

/// Returns whether a driver holds devices for guests: it leaves DMA ownership to the users of its
/// devices (`driver_managed_dma`), or is Xen's pciback, under which the hypervisor has it.
pub(crate) fn is_holder(driver: &Driver) -> bool {
    driver.manages_dma() || is_pciback(driver)
}

/// Returns whether a driver holds endpoints for guests.
pub(crate) fn is_for_guests(driver: &Driver) -> bool {
    is_holder(driver) && driver.name() != PCIEPORT
}

/// Returns whether a driver is Xen's.
pub(crate) fn is_pciback(driver: &Driver) -> bool {
    driver.name() == PCIBACK
}

/// Returns whether a function is bound to a holder. The answer may be old when it arrives.
pub(crate) fn has(pdev: &pci::Device) -> bool {
    let mut has = false;

    bus::for_each_driver(|driver| {
        has = driver.drives(pdev) && is_holder(driver);
        has
    });
    has
}
