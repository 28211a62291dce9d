// SPDX-License-Identifier: GPL-2.0

//! The machine runs on Xen.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "xen",
    aliases: &[],
    title: "Xen",
    about: "Under Xen the hypervisor has the IOMMU: the kernel shows no groups, and \
             that is right. Cards go to guests by xen-pciback: handoff=pciback. xl \
             info must list hvm_directio.",
    sources: &[
        "Documentation/admin-guide.rst, Xen",
        "xl-pci-configuration(5)",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if !host.system.is_xen() || host.config.option("vga_stub", "handoff").text == "pciback" {
        return vec![];
    }
    vec![info(
        Subject::Machine,
        "this is Xen: cards go to guests by pciback",
    )
    .command(
        "echo options vga_stub handoff=pciback >> \
             /etc/modprobe.d/vga-stub-xen.conf",
        "Make it the default of the hand-off; xl info must list hvm_directio",
    )
    .reboot()
    .seen("/sys/hypervisor/type", "xen")]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/sys/hypervisor/type", "xen\n"),
    level: Level::Info,
    says: "this is Xen",
    near: || {
        good().file("/sys/hypervisor/type", "xen\n").file(
            "/etc/modprobe.d/x.conf",
            "options vga_stub handoff=pciback\n",
        )
    },
};
