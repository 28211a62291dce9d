// SPDX-License-Identifier: GPL-2.0

//! Xen: which domain has a device.
//!
//! C header: `include/xen/pci.h`

#[cfg(CONFIG_XEN_DOM0)]
use super::{
    bindings,
    pci::Raw as _, //
};
use kernel::pci;

/// Returns whether a device belongs to another domain than this one, which is told by pciback when
/// it gives the device away and when that domain is gone.
#[cfg(CONFIG_XEN_DOM0)]
pub(crate) fn is_given_away(pdev: &pci::Device) -> bool {
    // SAFETY: The device is valid. The function looks it up in a list, under a lock; without Xen
    // that is empty.
    unsafe { bindings::xen_find_device_domain_owner(pdev.raw()) >= 0 }
}

/// Returns false: this kernel cannot be the domain that has devices to give.
#[cfg(not(CONFIG_XEN_DOM0))]
pub(crate) fn is_given_away(_pdev: &pci::Device) -> bool {
    false
}
