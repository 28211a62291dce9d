// SPDX-License-Identifier: GPL-2.0

//! The firmware wants memory of the card mapped one to one.

use super::prelude::*;
use crate::facts::host::Card;

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

/// What the kernel has said when somebody wanted to give the card away, where the range is not shown.
fn logged(host: &Host, card: &Card<'_>) -> Option<Finding> {
    let shown = card.functions.iter().any(|function| {
        let group = host.group(function);
        let regions = group.and_then(|group| group.reserved.known());
        regions.is_some_and(|text| text.lines().any(|line| line.ends_with(" direct")))
    });
    let line = card
        .functions
        .iter()
        .find_map(|function| host.system.logged(&[&function.name, "1:1 IOMMU mapping"]))?;
    (!shown).then(|| {
        fail_if(
            card.is_named(),
            card,
            "no guest can have it: the firmware reserves memory for it",
        )
        .detail(DETAIL)
        .advice(ADVICE)
        .reboot()
        .seen("kernel log", line)
    })
}

/// Why that forbids it.
const DETAIL: &str =
    "The kernel refuses to give away a card whose memory the firmware wants mapped \
                      one to one.";
/// What can be done.
const ADVICE: &str =
    "Update the firmware. On AMD switch off \"Pre-boot DMA protection\" or \"DMA remap \
                      support\"; these may show up only when IOMMU is set to Enabled, not Auto.";

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        found.extend(logged(host, &card));
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
                    .detail(DETAIL)
                    .advice(ADVICE)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_so() {
        let line = "vfio-pci 0000:01:00.1: Firmware has requested this device have a 1:1 IOMMU \
                    mapping, rejecting configuring the device without a 1:1 mapping. Contact your \
                    platform vendor.\n";
        let found = run(&good().query("kernel-log", line).host());
        assert_eq!(found[0].level, Level::Fail);
        assert!(found[0].summary.ends_with("reserves memory for it"));
        // Once is enough.
        assert_eq!(run(&(CASE.bad)().query("kernel-log", line).host()).len(), 1);
        // Another device's line.
        let other = line.replace("01:00.1", "05:00.0");
        assert!(run(&good().query("kernel-log", &other).host()).is_empty());
    }
}
