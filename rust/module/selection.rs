// SPDX-License-Identifier: GPL-2.0

//! Which cards are claimed: `ids=`, applied to the bus.

use crate::{
    abstractions::{
        bus,
        device::Locked,
        pci::DeviceExt as _,
        pci_driver::{
            DynamicId,
            Registration, //
        }, //
    },
    driver::{
        VgaStubDriver,
        HANDLE, //
    },
    parameters, //
};
use kernel::{
    pci,
    prelude::*, //
};
use vga_stub_core::ids::{
    self,
    Id,
    Identity, //
};

/// Claims every card that the parameters name and that has no driver, and says which of them have
/// one. A bad entry is reported, and the others work.
pub(crate) fn apply(driver: &Registration<VgaStubDriver>) {
    for entry in ids::parse(parameters::IDS.get().to_bytes()) {
        match entry {
            Ok(id) => {
                if driver.add_id(&dynamic_id(&id)).is_err() {
                    pr_err!("no memory to claim cards\n");
                }
                report_lost(&id);
            }
            Err(bad) => pr_err!("{}\n", format_args!("{}", bad)),
        }
    }
}

fn dynamic_id(id: &Id) -> DynamicId {
    DynamicId {
        vendor: id.vendor,
        device: id.device,
        subvendor: id.subvendor,
        subdevice: id.subdevice,
        class: id.class,
        class_mask: id.class_mask,
    }
}

fn identity(pdev: &pci::Device) -> Identity {
    Identity {
        vendor: pdev.vendor_id().as_raw(),
        device: pdev.device_id(),
        subvendor: pdev.subsystem_vendor_id(),
        subdevice: pdev.subsystem_device_id(),
        class: pdev.class(),
    }
}

/// Says who has the cards with an ID that were not claimed. They are left there: taking a card from
/// a driver that shows on it ends what the user sees.
fn report_lost(id: &Id) {
    bus::for_each_device(|pdev| {
        if !id.matches(&identity(pdev)) || HANDLE.drives(pdev) {
            return;
        }
        // A device that somebody else has locked is being bound or unbound right now.
        let Some(locked) = Locked::try_new(pdev) else {
            return;
        };
        let Ok(Some(holder)) = locked.driver() else {
            return;
        };
        dev_warn!(
            pdev,
            "not claimed: {} has it. To be earlier: \"softdep {} pre: vga_stub\" in \
             /etc/modprobe.d and a new initramfs, or driver_override\n",
            holder.name(),
            holder.module().unwrap_or(c"<built in>")
        );
    });
}
