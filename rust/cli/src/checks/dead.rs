// SPDX-License-Identifier: GPL-2.0

//! The card does not answer.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "dead",
    aliases: &[],
    title: "a card that answers",
    about: "All reads of the card's configuration space give ones: it does not \
             answer, though the kernel knows it from before. lspci shows \"rev ff\" \
             and \"Unknown header type 7f\". A failed reset does that, and lost \
             power.",
    sources: &[
        "drivers/pci/pci.c, pci_device_is_present()",
        "pciutils/pciutils#91",
    ],
    log: &["[dead]", "it does not answer", "does not answer"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        for function in &card.functions {
            let Datum::Known(config) = &function.details.config else {
                continue;
            };
            if config.len() == 64 && config.iter().all(|byte| *byte == 0xff) {
                found.push(
                    fail_if(
                        card.is_named(),
                        *function,
                        format!("{} does not answer", function.short()),
                    )
                    .advice(
                        "Switch the machine off and on again: a reboot alone often does not help.",
                    )
                    .seen(
                        format!("/sys/bus/pci/devices/{}/config", function.name),
                        "64 bytes of ff",
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().bytes("/sys/bus/pci/devices/0000:01:00.0/config", &[0xff; 64]),
    level: Level::Fail,
    says: "01:00.0 does not answer",
    near: || {
        good()
            .bytes("/sys/bus/pci/devices/0000:01:00.0/config", &[0xff; 64])
            .pci("0000:01:00.0", "power_state", "D3cold\n")
    },
};
