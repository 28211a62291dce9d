// SPDX-License-Identifier: GPL-2.0

//! Only the whole slot can be reset, and the host has a part of it.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "reset-bus-only",
    aliases: &[],
    title: "resets that the host does not prevent",
    about: "The only reset of the card is that of the bus it is on. It reaches every \
             function there, so that vfio does it only if all of them are with vfio: \
             \"Inappropriate ioctl\" otherwise.",
    sources: &[
        "drivers/vfio/pci/vfio_pci_core.c, vfio_pci_dev_set_hot_reset()",
        "ryzen-gpu-passthrough-proxmox#82",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        let Some(function) = card.displays().next() else {
            continue;
        };
        let Datum::Known(ways) = &function.details.reset else {
            continue;
        };
        if ways.iter().map(String::as_str).ne(["bus"]) {
            continue;
        }
        let on_bus = |other: &&Function| {
            other.address.domain == function.address.domain
                && other.address.bus == function.address.bus
                && other.name != function.name
        };
        for other in host.functions().iter().filter(on_bus) {
            let Some(driver) = other.host_driver() else {
                continue;
            };
            found.push(
                warn(
                    function,
                    format!(
                        "its only reset is that of the bus, and {driver} of the host has {} there",
                        other.short()
                    ),
                )
                .command(
                    format!("vga-stub hold {}", other.short()),
                    "Hold it as well",
                )
                .seen(
                    format!("/sys/bus/pci/devices/{}/reset_method", function.name),
                    "bus",
                )
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", other.name),
                    format!("DRIVER={driver}"),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .pci("0000:01:00.0", "reset_method", "bus\n")
            .lost("0000:01:00.1", "snd_hda_intel")
    },
    level: Level::Warn,
    says: "its only reset is that of the bus, and snd_hda_intel of the host has \
             01:00.1 there",
    near: || {
        good()
            .pci("0000:01:00.0", "reset_method", "flr bus\n")
            .lost("0000:01:00.1", "snd_hda_intel")
    },
};
