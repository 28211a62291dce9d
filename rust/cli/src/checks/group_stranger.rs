// SPDX-License-Identifier: GPL-2.0

//! Something from another slot shares the card's IOMMU group.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "group-stranger",
    aliases: &[],
    title: "strangers in the card's IOMMU group",
    about: "Devices in different slots share an IOMMU group where nothing between \
             them keeps them apart (PCIe Access Control Services). They go with the \
             card: while a guest has the card, the host cannot use them. If the host \
             lives on one of them, by its disk or its network, the card cannot be \
             given away in this slot.",
    sources: &[
        "drivers/iommu/iommu.c, pci_device_group()",
        "T-vK/MobilePassThrough#22",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        let mut seen: Vec<&str> = vec![];
        for function in &card.functions {
            let Some(group) = host.group(function) else {
                continue;
            };
            for member in group.members.iter().filter_map(|name| host.function(name)) {
                if member.is_bridge()
                    || member.slot() == card.slot
                    || seen.contains(&member.name.as_str())
                {
                    continue;
                }
                seen.push(&member.name);
                let number = function.group.known().copied().unwrap_or(0);
                let base = format!("/sys/kernel/iommu_groups/{number}/devices");
                let slot = "Try another slot: those on the processor's lanes are kept apart more \
             often than those on the chipset's.";
                found.push(match host.system.vital.get(&member.name) {
                    Some(what) => fail_if(
                        card.is_named(),
                        &card,
                        format!(
                            "{} in another slot goes with the card, and has {what}",
                            member.short()
                        ),
                    )
                    .detail("No guest can have the card in this slot.")
                    .advice(slot)
                    .seen(base, group.members.join(" "))
                    .seen(
                        "/proc/self/mountinfo, /proc/net/route, /proc/swaps, /sys/class/input",
                        format!("{what}: {}", member.name),
                    ),
                    None => warn_if(
                        card.is_named(),
                        &card,
                        format!(
                            "{} {} in another slot goes with the card",
                            member.short(),
                            member.words()
                        ),
                    )
                    .advice(format!(
                        "Let vga-stub hold it and do not give it to the guest, or: {slot}"
                    ))
                    .seen(base, group.members.join(" ")),
                });
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .function("0000:05:00.0", "00:01.0", "8086", "1521", "020000")
            .driver("0000:05:00.0", "igb")
            .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:05:00.0"])
            .file("/proc/net/route", "Iface Destination\neth0 00000000 0102\n")
            .link(
                "/sys/class/net/eth0",
                "../../devices/pci0000:00/0000:05:00.0/net/eth0",
            )
    },
    level: Level::Fail,
    says: "05:00.0 in another slot goes with the card, and has the default route of \
             the network (eth0)",
    near: || good().group(14, &["0000:00:01.0", "0000:01:00.0", "0000:01:00.1"]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_behind_an_encrypted_volume() {
        let machine = good()
            .function("0000:05:00.0", "00:01.0", "144d", "a80a", "010802")
            .driver("0000:05:00.0", "nvme")
            .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:05:00.0"])
            .file(
                "/proc/self/mountinfo",
                "29 1 253:0 / / rw - ext4 /dev/mapper/x rw\n",
            )
            .link("/sys/dev/block/253:0", "../../devices/virtual/block/dm-0")
            .file("/sys/dev/block/253:0/slaves/nvme0n1p2", "")
            .link(
                "/sys/class/block/nvme0n1p2",
                "../../devices/pci0000:00/0000:05:00.0/nvme/nvme0/nvme0n1/nvme0n1p2",
            );
        let found = run(&machine.host());
        assert_eq!(found[0].level, Level::Fail);
        assert!(
            found[0].summary.ends_with("and has the root file system"),
            "{found:?}"
        );
    }

    #[test]
    fn what_the_host_does_not_live_on_can_go_along() {
        let machine = good()
            .function("0000:05:00.0", "00:01.0", "8086", "1521", "020000")
            .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:05:00.0"]);
        assert_eq!(run(&machine.host())[0].level, Level::Warn);
    }
}
