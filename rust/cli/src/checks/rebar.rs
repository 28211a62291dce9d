// SPDX-License-Identifier: GPL-2.0

//! The card has a large BAR.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rebar",
    aliases: &[],
    title: "large BARs",
    about: "With Resizable BAR a card shows its whole memory at once: a BAR of many \
             GiB. The guest's firmware has to find room for it: OVMF of 2023 or \
             later, and a guest's processor with the host's physical address bits \
             (host-passthrough). If a guest or its driver cannot bear it, the BAR can \
             be made smaller from the host while no driver at all is bound to the \
             card, vga-stub included.",
    sources: &[
        "Documentation/ABI/testing/sysfs-bus-pci, resourceN_resize",
        "ultimate-macOS-KVM#114",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        for function in card.displays() {
            let large = function
                .details
                .bars
                .known()
                .into_iter()
                .flatten()
                .find(|bar| {
                    bar.size >= 1 << 30 && function.details.resizable().contains(&bar.index)
                });
            if let Some(bar) = large {
                found.push(
                    info(
                        function,
                        format!(
                            "BAR {} of {} has {} GiB: guests need OVMF of 2023 or later",
                            bar.index,
                            function.short(),
                            bar.size >> 30
                        ),
                    )
                    .detail(
                        "The guest's processor needs the host's physical address bits: \
             host-passthrough.",
                    )
                    .command(
                        format!(
                            "echo 8 > /sys/bus/pci/devices/{}/resource{}_resize",
                            function.name, bar.index
                        ),
                        "Only if a guest fails, and while no driver is bound: make it 256 MiB",
                    )
                    .seen(
                        format!("/sys/bus/pci/devices/{}/resource", function.name),
                        format!("BAR {}: {:#x} bytes", bar.index, bar.size),
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
        good()
            .pci(
                "0000:01:00.0",
                "resource",
                "0x6000000000 0x63ffffffff 0x14220c\n",
            )
            .pci("0000:01:00.0", "resource0_resize", "")
    },
    level: Level::Info,
    says: "BAR 0 of 01:00.0 has 16 GiB",
    near: || {
        good()
            .pci(
                "0000:01:00.0",
                "resource",
                "0x6000000000 0x600fffffff 0x14220c\n",
            )
            .pci("0000:01:00.0", "resource0_resize", "")
    },
};
