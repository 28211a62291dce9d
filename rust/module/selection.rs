// SPDX-License-Identifier: GPL-2.0

//! Which cards are claimed: `ids=` and `devices=`, applied to the bus.
//!
//! `ids=` becomes dynamic IDs of our driver, as with pci-stub. A place cannot: an ID would take the
//! card's twin as well, or have our driver asked about it. So a device that `devices=` names is
//! reserved by its `driver_override`, which keeps all other drivers away from it, and other devices
//! from us. An override that somebody else has set stands.
//!
//! A device is reserved when the module is loaded or the device appears, before any driver sees it,
//! and again when it is taken from one that holds devices for guests: libvirt and driverctl clear
//! the override first, then unbind, then have a driver found. Whoever unbinds it from us by hand
//! wants it for another driver, so that it is reserved no longer.

use crate::{
    abstractions::{
        bus,
        device::{
            self,
            Locked, //
        },
        pci::DeviceExt as _,
        pci_driver::{
            DynamicId,
            Registration, //
        }, //
    },
    driver::VgaStubDriver,
    ours::{
        self,
        NAME, //
    },
    parameters,
    place, //
};
use kernel::{
    pci,
    prelude::*, //
};
use vga_stub_core::{
    decode::Refusal,
    devices::{
        self,
        BadEntry,
        Entry,
        Fit,
        Place, //
    },
    ids::{
        self,
        Id,
        Identity, //
    }, //
};

/// The reservations of what `devices=` names, which no driver but ours gets.
pub(crate) struct Reservations(());

impl Reservations {
    /// Reserves what is there.
    pub(crate) fn new() -> Self {
        bus::for_each_device(reserve);
        Self(())
    }
}

impl Drop for Reservations {
    fn drop(&mut self) {
        bus::for_each_device(unreserve);
    }
}

/// Reserves a device if it is named.
pub(crate) fn reserve(pdev: &pci::Device) {
    change_override(pdev, c"", NAME);
}

fn unreserve(pdev: &pci::Device) {
    change_override(pdev, NAME, c"");
}

/// Takes note of a device that is about to lose its driver.
pub(crate) fn unbind(pdev: &pci::Device, holder: bool) {
    if ours::has(pdev) {
        unreserve(pdev);
    } else if holder {
        reserve(pdev);
    }
}

fn change_override(pdev: &pci::Device, from: &CStr, to: &CStr) {
    // Bridges keep their driver, whatever the user writes.
    let named = pdev.header_type() == 0
        && places()
            .flatten()
            .any(|place| fit(&place, pdev) == Fit::Named);

    if named && device::change_override(pdev, from, to).is_err() {
        dev_err!(pdev, "no memory to reserve it\n");
    }
}

/// Returns the entries of `devices=`.
fn places() -> impl Iterator<Item = Result<Place<'static>, BadEntry<'static>>> {
    devices::parse(parameters::DEVICES.get().to_bytes())
}

/// Returns what an entry says of a device.
#[inline(never)]
fn fit(entry: &Place<'_>, pdev: &pci::Device) -> Fit {
    entry.fit(place::route(pdev), place::ids(pdev))
}

/// Claims every card that the parameters name and that has no driver, and says which of them are
/// not claimed, and which entries are for nobody. A bad entry is reported, and the others work.
pub(crate) fn apply(driver: &Registration<VgaStubDriver>) {
    let (ids, devices) = (parameters::IDS.get(), parameters::DEVICES.get());

    if ids.to_bytes().is_empty() && devices.to_bytes().is_empty() {
        pr_info!("no card is named: ids= and devices= are empty\n");
    }
    for (entry, id) in ids::entries(ids.to_bytes()) {
        match id {
            Ok(id) => {
                if driver.add_id(&dynamic_id(&id)).is_err() {
                    pr_err!("no memory to claim cards\n");
                }
                report(&entry, |pdev| match id.matches(&identity(pdev)) {
                    true => Fit::Named,
                    false => Fit::Elsewhere,
                });
            }
            Err(bad) => report_bad(&bad),
        }
    }
    // `devices=` was claimed when the driver registered, by its reservations.
    for (entry, place) in devices::entries(devices.to_bytes()) {
        match place {
            Ok(place) => report(&entry, |pdev| fit(&place, pdev)),
            Err(bad) => report_bad(&bad),
        }
    }
}

/// Says of each device that an entry is about if it is not claimed, and if there is none.
fn report(entry: &Entry<'_>, fit: impl Fn(&pci::Device) -> Fit) {
    let mut found = false;

    bus::for_each_device(|pdev| match fit(pdev) {
        Fit::Elsewhere => (),
        Fit::OtherIds => {
            found = true;
            dev_warn!(
                pdev,
                "not claimed: devices= wants other IDs here [place-moved]\n"
            );
        }
        Fit::Named => {
            found = true;
            report_lost(pdev);
        }
    });
    if !found {
        report_nobody(entry);
    }
}

#[inline(never)]
fn report_nobody(entry: &Entry<'_>) {
    pr_warn!(
        "{} is for no device that is there now; one that appears later is claimed\n",
        format_args!("{}", entry)
    );
}

#[inline(never)]
fn report_bad(bad: &BadEntry<'_>) {
    pr_err!("{} [param-bad]\n", format_args!("{}", bad));
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

/// Says why a device that is named was not claimed. One that a driver has is left there: taking a
/// card from a driver that shows on it ends what the user sees.
#[inline(never)]
fn report_lost(pdev: &pci::Device) {
    if ours::has(pdev) {
        return;
    }
    if pdev.header_type() != 0 {
        dev_warn!(pdev, "not claimed: {}\n", Refusal::HeaderType.message());
        return;
    }
    // A device that somebody else has locked is being bound or unbound right now.
    let Some(locked) = Locked::try_new(pdev) else {
        return;
    };

    match locked.driver(&ours::MODULE).as_ref().map(Option::as_ref) {
        Err(_) => {}
        Ok(Some(owner)) => match owner.module() {
            Some(module) => dev_warn!(
                pdev,
                "not claimed: {} has it. To be earlier: \"softdep {} pre: vga_stub\" in \
                 /etc/modprobe.d and a new initramfs. To claim it now: {} [host-first]\n",
                owner.name(),
                module,
                CLAIM_NOW
            ),
            None => dev_warn!(
                pdev,
                "not claimed: {} has it, which is built into the kernel and always first. To \
                 claim it now: {} [builtin-host]\n",
                owner.name(),
                CLAIM_NOW
            ),
        },
        Ok(None) if !device::has_override(pdev, NAME) && !device::has_override(pdev, c"") => {
            dev_warn!(
                pdev,
                "not claimed: its driver_override is for another driver. To claim it now: {} \
                 [override-left]\n",
                CLAIM_NOW
            );
        }
        // The probe has said why.
        Ok(None) => {}
    }
}

/// What claims a device that another driver has, or may have.
const CLAIM_NOW: &str = "write vga-stub to its driver_override, its address to its driver/unbind \
    if it has a driver, then to /sys/bus/pci/drivers_probe";
