// SPDX-License-Identifier: GPL-2.0

//! Where a device is, and what it is, as the parameters say it.

use crate::abstractions::pci::DeviceExt as _;
use kernel::pci;
use vga_stub_core::devices::Address;

/// Returns where a device is, where the bridge above it is, and so on up to the root bus.
pub(crate) fn route(pdev: &pci::Device) -> impl Iterator<Item = Address> + Clone + use<'_> {
    core::iter::successors(Some(pdev), |pdev| pdev.upstream())
        .map_while(|pdev| Address::parse(pdev.as_ref().name().to_bytes()))
}

/// Returns a device's vendor and device ID.
pub(crate) fn ids(pdev: &pci::Device) -> (u16, u16) {
    (pdev.vendor_id().as_raw(), pdev.device_id())
}
