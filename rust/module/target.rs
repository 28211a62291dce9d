// SPDX-License-Identifier: GPL-2.0

//! Which drivers may have a card: those that are made to hold devices for guests.

use crate::{
    abstractions::{
        bus::{
            Driver,
            DriverRef, //
        },
        modules, //
    },
    ours::NAME, //
};
use kernel::{
    pci,
    prelude::*, //
};

/// Xen's driver, of the module xen-pciback.
const PCIBACK: &CStr = c"pciback";

/// The driver of PCI Express ports. It manages DMA too, but for the devices below it.
const PCIEPORT: &CStr = c"pcieport";

/// The longest driver name that is looked for, in bytes.
const MAX_NAME: usize = 64;

/// Returns whether a driver holds devices for guests: it leaves DMA ownership to the users of its
/// devices (`driver_managed_dma`), or is Xen's pciback, under which the hypervisor has it.
pub(crate) fn is_holder(driver: &Driver) -> bool {
    driver.manages_dma() || is_pciback(driver)
}

/// Returns whether a driver is Xen's.
pub(crate) fn is_pciback(driver: &Driver) -> bool {
    driver.name() == PCIBACK
}

/// Finds a driver to hand a card to, after one try to load its module.
pub(crate) fn find(pdev: &pci::Device, name: &[u8]) -> Result<DriverRef> {
    let plausible = !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && *byte != b'/');

    if !plausible || name == NAME.to_bytes() {
        dev_err!(pdev, "handoff: write the name of a driver, or 1\n");
        return Err(EINVAL);
    }

    let mut buffer = [0; MAX_NAME + 1];

    for (to, from) in buffer.iter_mut().zip(name) {
        *to = *from;
    }

    let name = CStr::from_bytes_until_nul(&buffer).map_err(|_| EINVAL)?;
    let target = DriverRef::find(name).or_else(|| {
        // Its module has another name.
        modules::request(if name == PCIBACK {
            c"xen-pciback"
        } else {
            name
        });
        DriverRef::find(name)
    });
    let Some(target) = target else {
        dev_err!(pdev, "handoff: there is no driver {}\n", name);
        return Err(ENODEV);
    };

    if !is_holder(&target) || name == PCIEPORT {
        dev_err!(pdev, "handoff: {} does not hold devices for guests\n", name);
        return Err(EINVAL);
    }
    Ok(target)
}
