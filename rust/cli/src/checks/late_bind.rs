// SPDX-License-Identifier: GPL-2.0

//! A card that may need the host's driver once.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "late-bind",
    aliases: &[],
    title: "cards that want amdgpu first",
    about: "Of RX 9000 (Navi 4x) one source reports that guests work only after \
             amdgpu has had the card once since the boot: the driver loads firmware \
             that stays. vga-stub holds the card from the boot on, so that amdgpu \
             never had it.",
    sources: &["urbanyl/vfio guide 2.1.0 (the only source)"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .displays()
            .filter(|function| function.state() == "held")
        {
            if super::amd_reset::family(function).is_some_and(|(name, _)| name == "Navi 4x") {
                found.push(
                    info(
                        function,
                        format!(
                            "if guests do not start with {}, let amdgpu have it once",
                            function.short()
                        ),
                    )
                    .command(
                        format!(
                            "vga-stub lend {0} && sleep 10 && vga-stub hold {0}",
                            card.slot
                        ),
                        "Reported to help for this family",
                    )
                    .seen(
                        format!("/sys/bus/pci/devices/{}/uevent", function.name),
                        format!("PCI_ID={}", function.ids()),
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || super::testing::amd("7550"),
    level: Level::Info,
    says: "let amdgpu have it once",
    near: || super::testing::amd("744c"),
};
