// SPDX-License-Identifier: GPL-2.0

//! The firmware wants memory of the card mapped one to one.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rmrr",
    aliases: &[],
    title: "a card whose memory the firmware does not use",
    about: "The firmware can reserve memory that a device reaches at the same \
             address with and without the IOMMU: an RMRR on Intel, an exclusion range \
             or a unity map on AMD, often by \"Pre-boot DMA protection\". The kernel \
             then refuses to give the device to any guest (\"Firmware has requested \
             this device have a 1:1 IOMMU mapping\"), since the guest would break \
             what the firmware does there.\n\nRanges of the type direct-relaxable do \
             not forbid it. It is not the card, and iommu=pt does not help. A kernel \
             with the check taken out is not safe.",
    sources: &[
        "drivers/iommu/iommu.c, __iommu_device_set_domain()",
        "Documentation/ABI/testing/sysfs-kernel-iommu_groups",
        "AltraMayor/gatekeeper#718",
    ],
    log: &["1:1 IOMMU mapping"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        let Some(main) = card.main() else { continue };
        let Some(group) = host.group(main) else {
            continue;
        };
        let Datum::Known(regions) = &group.reserved else {
            found.extend(
                group
                    .reserved
                    .needs()
                    .map(|needs| unknown(&card, "the ranges that the firmware reserves", needs)),
            );
            continue;
        };
        for line in regions.lines() {
            let words: Vec<_> = line.split_whitespace().collect();
            if let [from, to, "direct"] = words.as_slice() {
                found.push(
                    fail_if(
                        card.is_named(),
                        &card,
                        format!("no guest can have it: the firmware reserves {from}-{to} for it"),
                    )
                    .detail(
                        "The kernel refuses to give away a card whose memory the firmware wants \
             mapped one to one.",
                    )
                    .advice(
                        "Update the firmware. On AMD switch off \"Pre-boot DMA protection\" or \
             \"DMA remap support\"; these may show up only when IOMMU is set to \
             Enabled, not Auto.",
                    )
                    .reboot()
                    .seen(
                        format!(
                            "/sys/kernel/iommu_groups/{}/reserved_regions",
                            main.group.known().copied().unwrap_or(0)
                        ),
                        line,
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/sys/kernel/iommu_groups/14/reserved_regions",
            "0x000000007b800000 0x000000007fffffff direct\n",
        )
    },
    level: Level::Fail,
    says: "reserves 0x000000007b800000-0x000000007fffffff",
    near: || {
        good().file(
            "/sys/kernel/iommu_groups/14/reserved_regions",
            "0x000000007b800000 0x000000007fffffff direct-relaxable\n",
        )
    },
};
