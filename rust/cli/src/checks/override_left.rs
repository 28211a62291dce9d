// SPDX-License-Identifier: GPL-2.0

//! Another tool has left its driver_override.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "override-left",
    aliases: &[],
    title: "driver_override of the card",
    about: "driver_override says which driver alone may have a device. vga-stub \
             reserves a card that devices= names with it, and leaves alone what \
             somebody else has set. A tool that has gone and left its own keeps \
             vga-stub and the host's drivers away.",
    sources: &[
        "Documentation/ABI/testing/sysfs-bus-pci, driver_override",
        "OFS/opae-sdk#2729",
    ],
    log: &[
        "[override-left]",
        "its driver_override is for another driver",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .functions
            .iter()
            .filter(|function| function.named.is_some())
        {
            let Datum::Known(text) = &function.details.driver_override else {
                continue;
            };
            let has_it = function.driver.known() == Some(text)
                || function
                    .driver
                    .known()
                    .is_some_and(|driver| is_holder(driver));
            if text != "vga-stub" && !has_it {
                let short = function.short();
                let summary = format!(
                    "driver_override of {short} says {text}: neither vga-stub nor the host gets it"
                );
                let file = format!("/sys/bus/pci/devices/{}/driver_override", function.name);
                found.push(
                    warn(*function, summary)
                        .command(format!("vga-stub hold {short}"), "Hold it")
                        .seen(file, text.clone()),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/sys/class/vga_stub/0000:01:00.0")
            .driver("0000:01:00.0", "")
            .pci("0000:01:00.0", "driver_override", "vfio-pci\n")
    },
    level: Level::Warn,
    says: "driver_override of 01:00.0 says vfio-pci",
    near: || {
        good().driver("0000:01:00.0", "vfio-pci").pci(
            "0000:01:00.0",
            "driver_override",
            "vfio-pci\n",
        )
    },
};
