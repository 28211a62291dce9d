// SPDX-License-Identifier: GPL-2.0

//! The card's IOMMU group is another one than when it was set up.

use super::prelude::*;
use std::collections::BTreeMap;

pub(super) const CHECK: Check = Check {
    id: "groups-changed",
    aliases: &[],
    title: "IOMMU groups as they were at the setup",
    about: "vga-stub setup remembers which functions were in the card's IOMMU group. \
             A new kernel, new firmware or a card in another slot can change that; a \
             guest takes the whole group or nothing, so that the setup has to be made \
             again.",
    sources: &["harvester/harvester#10499", "lxc/incus#3422"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(text) = &host.system.setup else {
        return vec![];
    };
    let groups = serde_json::from_str::<serde_json::Value>(text).ok();
    let groups = groups.and_then(|value| {
        serde_json::from_value::<BTreeMap<String, Vec<String>>>(value.get("groups")?.clone()).ok()
    });
    let mut found = vec![];
    for (name, before) in groups.unwrap_or_default() {
        let Some(function) = host.function(&name) else {
            continue;
        };
        let Some(group) = host.group(function) else {
            continue;
        };
        let (mut one, mut other) = (before.clone(), group.members.clone());
        one.sort();
        other.sort();
        if one != other {
            found.push(
                warn(
                    function,
                    format!(
                        "its IOMMU group has changed: it had {}, and has {}",
                        one.join(" "),
                        other.join(" ")
                    ),
                )
                .command(
                    format!("vga-stub setup {} --apply", function.slot()),
                    "Set the card up again",
                )
                .reboot()
                .seen("/var/lib/vga-stub/setup.json", one.join(" "))
                .seen("/sys/kernel/iommu_groups", other.join(" ")),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/var/lib/vga-stub/setup.json",
            "{\"groups\":{\"0000:01:00.0\":[\"0000:01:00.0\"]}}",
        )
    },
    level: Level::Warn,
    says: "its IOMMU group has changed",
    near: || {
        good().file(
            "/var/lib/vga-stub/setup.json",
            "{\"groups\":{\"0000:01:00.0\":[\"0000:01:00.1\",\"0000:01:00.0\"]}}",
        )
    },
};
