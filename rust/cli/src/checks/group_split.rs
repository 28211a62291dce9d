// SPDX-License-Identifier: GPL-2.0

//! The card's functions are in several IOMMU groups.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "group-split",
    aliases: &[],
    title: "cards in several IOMMU groups",
    about: "With good Access Control Services each function of a card can have an \
             IOMMU group of its own. That is well. It takes more than one hand-off \
             and more than one entry in a domain: vga-stub's file handoff and \
             vga-stub xml take the whole card.",
    sources: &["lxc/incus#3478"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        let mut groups: Vec<_> = card
            .functions
            .iter()
            .filter_map(|function| function.group.known())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        if let ([first, .., last], true) = (groups.as_slice(), card.functions.len() > 1) {
            let each: Vec<_> = card
                .functions
                .iter()
                .filter_map(|function| {
                    Some(format!("{}: {}", function.short(), function.group.known()?))
                })
                .collect();
            found.push(
                info(
                    &card,
                    format!(
                        "the card spans groups {first} to {last}; give a guest all of its \
             functions"
                    ),
                )
                .seen("/sys/kernel/iommu_groups", each.join(", ")),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .group(14, &["0000:01:00.0"])
            .group(15, &["0000:01:00.1"])
    },
    level: Level::Info,
    says: "spans groups 14 to 15",
    near: || good().group(14, &["0000:01:00.0", "0000:01:00.1", "0000:00:01.0"]),
};
