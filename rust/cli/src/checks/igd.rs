// SPDX-License-Identifier: GPL-2.0

//! Intel's integrated graphics are for a guest.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "igd",
    aliases: &[],
    title: "Intel's integrated graphics for guests",
    about: "Intel's integrated graphics have no ROM of their own: the firmware has \
             it, and tables (OpRegion) that the guest's driver wants. QEMU gives the \
             OpRegion by x-igd-opregion=on; a boot screen takes a GOP driver out of \
             the firmware. vga-stub cannot give that ROM.",
    sources: &["QEMU: docs/igd-assign.txt", "VfioIgdPkg#5"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays().filter(|function| {
            function.named.is_some()
                && function.identity.vendor == 0x8086
                && function.name == "0000:00:02.0"
        }) {
            found.push(
                info(
                    function,
                    "integrated graphics for a guest need x-igd-opregion, and a GOP for a \
             boot screen",
                )
                .detail("The firmware has their ROM; vga-stub cannot give it.")
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", function.name),
                    format!("PCI_ID={}", function.ids()),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/sys/module/vga_stub/parameters/devices",
            "00:01.0/00.*,00:02.0\n",
        )
    },
    level: Level::Info,
    says: "need x-igd-opregion",
    near: || good(),
};
