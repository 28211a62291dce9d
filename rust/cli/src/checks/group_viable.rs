// SPDX-License-Identifier: GPL-2.0

//! A member of the card's IOMMU group belongs to the host.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "group-viable",
    aliases: &["q1"],
    title: "IOMMU groups that are free as a whole",
    about: "A guest gets an IOMMU group as a whole or not at all: what is in a group \
             can reach each other's memory. While a driver of the host has one \
             member, QEMU says \"group N is not viable\" and vga-stub refuses the \
             hand-off. Bridges do not count. Each member has to be held by vga-stub, \
             or have vfio-pci, another driver that holds devices for guests, or none.",
    sources: &[
        "Documentation/driver-api/vfio.rst",
        "drivers/iommu/iommu.c, iommu_group_claim_dma_owner()",
        "kubevirt/kubevirt#6718",
    ],
    log: &[
        "is not viable",
        "nothing moved",
        "has a driver that uses the kernel's DMA interface",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        let mut numbers: Vec<_> = card
            .functions
            .iter()
            .filter_map(|function| function.group.known().copied())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut whole = true;
        for number in &numbers {
            let Some(group) = host
                .pci
                .groups
                .known()
                .and_then(|groups| groups.get(number))
            else {
                continue;
            };
            let members = group
                .members
                .iter()
                .filter_map(|name| host.function(name))
                .filter(|member| !member.is_bridge());
            // A function that is alone in its group spoils nobody's.
            let spoilt = |member: &Function| {
                card.functions.iter().any(|function| {
                    function.group.known() == Some(number)
                        && function.named.is_some()
                        && function.name != member.name
                })
            };
            for member in members.filter(|member| spoilt(member)) {
                let Some(driver) = member.host_driver() else {
                    continue;
                };
                whole = false;
                let finding = fail(
                    &card,
                    format!(
                        "group {number} has {} {}, which {driver} of the host has",
                        member.short(),
                        member.words()
                    ),
                )
                .detail("A guest gets the whole group or nothing.")
                .seen(
                    format!("/sys/kernel/iommu_groups/{number}/devices"),
                    group.members.join(" "),
                )
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", member.name),
                    format!("DRIVER={driver}"),
                );
                found.push(if host.system.vital.contains_key(&member.name) {
                    finding.advice("The host lives on it: see group-stranger.")
                } else {
                    finding.hold(member.short(), card.slot)
                });
            }
        }
        if whole && !numbers.is_empty() {
            let numbers: Vec<_> = numbers.iter().map(u32::to_string).collect();
            let functions = card
                .functions
                .iter()
                .filter(|function| !function.is_bridge());
            let functions: Vec<_> = functions
                .map(|function| format!(".{}", function.address.function))
                .collect();
            let groups = if numbers.len() == 1 {
                "group"
            } else {
                "groups"
            };
            found.push(
                fine(
                    &card,
                    format!(
                        "all of {groups} {} is free for guests: {}",
                        numbers.join(" "),
                        functions.join(" ")
                    ),
                )
                .headline(),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().lost("0000:01:00.1", "snd_hda_intel"),
    level: Level::Fail,
    says: "group 14 has 01:00.1 NVIDIA AD102 High Definition Audio, which \
             snd_hda_intel of the host has",
    near: || {
        good()
            .lost("0000:01:00.1", "snd_hda_intel")
            .group(14, &["0000:01:00.0"])
            .group(15, &["0000:01:00.1"])
            .file("/sys/module/vga_stub/parameters/devices", "00:01.0/00.0")
    },
};
