// SPDX-License-Identifier: GPL-2.0

//! A card without a function reset under Xen.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "xen-reset",
    aliases: &[],
    title: "resets under Xen",
    about: "Xen's tools want a reset of the single function (FLR). A card without it \
             is refused or left as it is: \"Unable to reset PCI device\". Qubes takes \
             no-strict-reset=true for such a device, xl takes permissive=1 and \
             rdm_policy=relaxed. Each gives up a check: what a guest leaves in the \
             card the next one can find.",
    sources: &[
        "xl-pci-configuration(5)",
        "Qubes documentation: PCI troubleshooting",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if !host.system.is_xen() {
        return vec![];
    }
    let mut found = vec![];
    for card in host.named() {
        let Some(function) = card.displays().next() else {
            continue;
        };
        let ways = match &function.details.reset {
            Datum::Known(ways) => ways.clone(),
            Datum::Absent => vec![],
            Datum::Unreadable(_) => continue,
        };
        if !ways.iter().any(|way| way.contains("flr")) {
            found.push(
                warn(
                    function,
                    format!(
                        "{} has no reset of its own: Xen's tools may refuse it",
                        function.short()
                    ),
                )
                .advice(
                    "Qubes: -o no-strict-reset=true. xl: permissive=1. The next guest can \
             find what the last one left in the card.",
                )
                .seen(
                    format!("/sys/bus/pci/devices/{}/reset_method", function.name),
                    ways.join(" "),
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
            .file("/sys/hypervisor/type", "xen\n")
            .pci("0000:01:00.0", "reset_method", "bus\n")
    },
    level: Level::Warn,
    says: "Xen's tools may refuse it",
    near: || good().pci("0000:01:00.0", "reset_method", "bus\n"),
};
