// SPDX-License-Identifier: GPL-2.0

//! A BAR of the card has no address.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "above-4g",
    aliases: &[],
    title: "addresses for all BARs",
    about: "The kernel or the firmware found no room for a BAR of the card: \"can't \
             assign; no space\". A guest would have a card without memory. The \
             firmware's \"Above 4G decoding\" gives it room.",
    sources: &["drivers/pci/setup-bus.c", "siderolabs/pkgs#1688"],
    log: &["can't assign; no space", "failed to assign"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    /// `IORESOURCE_MEM`.
    const MEMORY: u64 = 0x200;
    let mut found = vec![];
    for card in host.targets() {
        for function in &card.functions {
            let homeless = function
                .details
                .bars
                .known()
                .into_iter()
                .flatten()
                .find(|bar| {
                    bar.index < 6 && bar.start == 0 && bar.flags & MEMORY != 0 && bar.size > 1
                });
            if let Some(bar) = homeless {
                let mut finding = fail_if(
                    card.is_named(),
                    *function,
                    format!("BAR {} of {} has no address", bar.index, function.short()),
                )
                .advice("Switch on \"Above 4G decoding\" in the firmware's setup, and CSM off.")
                .reboot()
                .advice("If that is on: pci=realloc on the kernel's command line.")
                .reboot()
                .seen(
                    format!("/sys/bus/pci/devices/{}/resource", function.name),
                    format!("BAR {}: {:#x} bytes at 0", bar.index, bar.size),
                );
                if let Some(line) = host.system.logged(&[&function.name, "can't assign"]) {
                    finding = finding.seen("kernel log", line);
                }
                found.push(finding);
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().pci("0000:01:00.0", "resource", "0x0 0xfffffff 0x2014220c\n"),
    level: Level::Fail,
    says: "BAR 0 of 01:00.0 has no address",
    near: || {
        good().pci(
            "0000:01:00.0",
            "resource",
            "0x0 0x7f 0x40101\n0xd0000000 0xd0ffffff 0x40200\n0x0 0x0 0x0\n0x0 0x0 \
             0x0\n0x0 0x0 0x0\n0x0 0x0 0x0\n0x0 0x7ffff 0x46200\n",
        )
    },
};
