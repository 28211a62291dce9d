// SPDX-License-Identifier: GPL-2.0

//! The card is of a family that does not come back from a guest.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "amd-reset",
    aliases: &[],
    title: "AMD families with reset trouble",
    about: "Some families of AMD cards do not reset: after a guest the card is dead \
             until the host reboots. The module vendor-reset knows a way for Polaris, \
             Vega and Navi 1x; since Linux 5.15 its method has to be chosen by \
             writing device_specific to reset_method. For RX 9000 (Navi 4x) no module \
             helps; users report that suspend to RAM between guests does.",
    sources: &[
        "gnif/vendor-reset#35",
        "gnif/vendor-reset#46",
        "Documentation/ABI/testing/sysfs-bus-pci, reset_method",
    ],
    log: &[],
    run,
};

/// Families: the first and the last device ID, the name, whether vendor-reset helps.
const FAMILIES: [(u16, u16, &str, bool); 8] = [
    (0x67c0, 0x67ff, "Polaris", true),
    (0x6980, 0x699f, "Polaris 12", true),
    (0x6860, 0x687f, "Vega 10", true),
    (0x66a0, 0x66af, "Vega 20", true),
    (0x7310, 0x731f, "Navi 10", true),
    (0x7340, 0x734f, "Navi 14", true),
    (0x7360, 0x7362, "Navi 12", true),
    (0x7550, 0x759f, "Navi 4x", false),
];

/// Returns the family of a function: its name, and whether vendor-reset helps.
pub(super) fn family(function: &Function) -> Option<(&'static str, bool)> {
    let device = function.identity.device;
    let mut families = FAMILIES
        .iter()
        .filter(|_| function.identity.vendor == 0x1002);
    families
        .find(|(first, last, ..)| (*first..=*last).contains(&device))
        .map(|(_, _, name, helps)| (*name, *helps))
}

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        for function in card.displays() {
            let Some((name, helps)) = family(function) else {
                continue;
            };
            let first = function.details.reset.known().and_then(|ways| ways.first());
            if helps
                && host.system.has("vendor_reset")
                && first.is_some_and(|way| way == "device_specific")
            {
                continue;
            }
            let finding = warn_if(
                card.is_named(),
                function,
                format!(
                    "{} ({name}) may not come back from a guest",
                    function.short()
                ),
            )
            .seen(
                format!("/sys/bus/pci/devices/{}/uevent", function.name),
                format!("PCI_ID={}", function.ids()),
            )
            .seen(
                format!("/sys/bus/pci/devices/{}/reset_method", function.name),
                function
                    .details
                    .reset
                    .known()
                    .map(|ways| ways.join(" "))
                    .unwrap_or_default(),
            );
            found.push(if helps {
                finding.command(
                    format!(
                        "echo device_specific > /sys/bus/pci/devices/{}/reset_method",
                        function.name
                    ),
                    "After installing and loading vendor-reset",
                )
            } else {
                finding
                    .detail("Reported for this family, with no module that helps.")
                    .command("systemctl suspend", "Between two guests, as users report")
            });
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || super::testing::amd("731f"),
    level: Level::Warn,
    says: "01:00.0 (Navi 10) may not come back",
    near: || {
        super::testing::amd("731f")
            .pci("0000:01:00.0", "reset_method", "device_specific bus\n")
            .directory("/sys/module/vendor_reset")
    },
};
