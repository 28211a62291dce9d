// SPDX-License-Identifier: GPL-2.0

//! The IOMMU leaves out Intel's integrated graphics.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "iommu-igd",
    aliases: &[],
    title: "an IOMMU for Intel's integrated graphics",
    about: "There are IOMMU groups, but the integrated graphics at 00:02.0 is in \
             none. Kernels with CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF (Debian's) \
             leave it out, and so does intel_iommu=igfx_off. That is well for a card \
             that stays with the host; a guest cannot have it.",
    sources: &[
        "drivers/iommu/intel/iommu.c, intel_iommu_setup()",
        "drivers/iommu/intel/Kconfig",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if host.group_count().is_none_or(|count| count == 0) {
        return vec![];
    }
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let integrated = function.identity.vendor == 0x8086 && function.address.bus == 0;
            if integrated && function.group.is_absent() && function.named.is_some() {
                found.push(
                    fail(
                        function,
                        "the IOMMU leaves out the integrated graphics, which a guest is to have",
                    )
                    .command(
                        "intel_iommu=on",
                        "Add to the kernel's command line, and remove igfx_off",
                    )
                    .reboot()
                    .seen(
                        "/sys/kernel/iommu_groups",
                        format!("{} is in none", function.name),
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
        good().gone("/sys/kernel/iommu_groups/0").file(
            "/sys/module/vga_stub/parameters/devices",
            "00:01.0/00.*,00:02.0\n",
        )
    },
    level: Level::Fail,
    says: "leaves out the integrated graphics",
    near: || good().gone("/sys/kernel/iommu_groups/0"),
};
