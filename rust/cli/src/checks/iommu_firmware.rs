// SPDX-License-Identifier: GPL-2.0

//! The firmware shows no IOMMU.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "iommu-firmware",
    aliases: &[],
    title: "an IOMMU that the firmware shows",
    about: "A guest can use a card only through an IOMMU, which translates the \
             card's memory accesses and keeps it away from the host's memory. The \
             firmware tells the kernel about it in the ACPI table DMAR (Intel VT-d) \
             or IVRS (AMD-Vi). Neither table is there, so the kernel has no IOMMU to \
             switch on.\n\nVT-x and AMD-V (SVM) are something else: they are for the \
             guest's processor. Without an IOMMU there are no IOMMU groups, and \
             vfio-pci's probe fails with error -22.",
    sources: &[
        "drivers/iommu/intel/dmar.c",
        "drivers/iommu/amd/init.c",
        "foxlet/macOS-Simple-KVM#579",
    ],
    log: &["no iommu_group found"],
    run,
};

/// The tables that describe an IOMMU.
const TABLES: [&str; 4] = ["DMAR", "IVRS", "IORT", "VIOT"];

/// Returns which tables describe an IOMMU, if that is known.
pub(super) fn tables(host: &Host) -> Datum<Vec<&str>> {
    host.system.acpi.as_ref().map(|names| {
        let has = |table: &&str| names.iter().any(|name| name.starts_with(*table));
        TABLES.into_iter().filter(has).collect()
    })
}

fn run(host: &Host) -> Vec<Finding> {
    if host.system.may_be_xen() {
        return vec![];
    }
    match (host.group_count(), tables(host)) {
        (None, _) => vec![unknown(
            Subject::Machine,
            "the IOMMU groups",
            host.pci.groups.needs().unwrap_or("root"),
        )],
        (Some(0), Datum::Known(tables)) if tables.is_empty() => {
            let named = !host.named().is_empty();
            let summary = "the firmware shows no IOMMU, and no guest can have a card without one";
            let finding = if named {
                fail(Subject::Machine, summary)
            } else {
                warn(Subject::Machine, summary)
            };
            vec![finding
                .detail(
                    "Neither DMAR (Intel) nor IVRS (AMD) is among the ACPI tables, and there \
             are no IOMMU groups.",
                )
                .advice(
                    "In the firmware's setup switch on VT-d (Intel) or IOMMU (AMD). VT-x and \
             SVM are something else.",
                )
                .reboot()
                .seen(
                    "/sys/firmware/acpi/tables",
                    host.system
                        .acpi
                        .known()
                        .map(|names| names.join(" "))
                        .unwrap_or_default(),
                )
                .seen("/sys/kernel/iommu_groups", "empty")]
        }
        (Some(0), Datum::Known(_)) => vec![],
        (Some(0), other) => vec![unknown(
            Subject::Machine,
            "whether there is an IOMMU: the ACPI tables",
            other.needs().unwrap_or("a machine with ACPI"),
        )],
        (Some(count), _) => {
            vec![fine(Subject::Machine, format!("IOMMU: {count} groups")).headline()]
        }
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/sys/kernel/iommu_groups")
            .directory("/sys/kernel/iommu_groups")
            .gone("/sys/firmware/acpi/tables/DMAR")
    },
    level: Level::Fail,
    says: "the firmware shows no IOMMU",
    near: || {
        good()
            .gone("/sys/kernel/iommu_groups")
            .directory("/sys/kernel/iommu_groups")
    },
};
