// SPDX-License-Identifier: GPL-2.0

//! Interrupts are not remapped.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "irq-remap",
    aliases: &["q8"],
    title: "remapped interrupts",
    about: "A device raises an interrupt by a write to memory. Where the IOMMU \
             remaps interrupts it also checks them; where it does not, a guest's card \
             can raise any interrupt of the host, and vfio refuses to give it away: \
             \"No interrupt remapping support\".\n\nallow_unsafe_interrupts=1 of \
             vfio_iommu_type1 overrides the refusal. It is for guests that are \
             trusted, and for machines that cannot remap; elsewhere it opens a hole \
             and mends nothing.",
    sources: &[
        "drivers/vfio/vfio_iommu_type1.c, vfio_iommu_type1_attach_group()",
        "ra1nstorm-helper#16",
    ],
    log: &["No interrupt remapping", "MSI interrupts are not secure"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let lines = match &host.system.interrupts {
        Datum::Known(lines) => lines,
        other => {
            return vec![unknown(
                Subject::Machine,
                "whether interrupts are remapped: /proc/interrupts",
                other.needs().unwrap_or("a live machine"),
            )]
        }
    };
    if host.group_count().is_none_or(|count| count == 0) || lines.is_empty() {
        return vec![];
    }
    if lines.contains(" IR-") {
        return vec![fine(Subject::Machine, "interrupts are remapped").headline()];
    }
    let seen = lines.lines().next().unwrap_or_default();
    let mut finding = warn(
        Subject::Machine,
        "interrupts are not remapped: vfio may refuse to give the card away",
    )
    .seen(
        "/proc/interrupts",
        format!("no chip starts with IR-: {seen}"),
    )
    .advice("Look for interrupt remapping or x2APIC in the firmware's setup.")
    .reboot()
    .command(
        "echo options vfio_iommu_type1 allow_unsafe_interrupts=1 > \
             /etc/modprobe.d/unsafe-interrupts.conf",
        "Only if a guest refuses to start and the log says \"No interrupt \
             remapping support\", and only for guests that you trust: they can then \
             raise any interrupt of the host",
    );
    if let Some(line) = host.system.logged(&["nterrupt remapping"]) {
        finding = finding.seen("kernel log", line);
    }
    vec![finding]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/proc/interrupts", " 16: 0 IO-APIC 16-fasteoi i801\n"),
    level: Level::Warn,
    says: "interrupts are not remapped",
    near: || {
        good().file(
            "/proc/interrupts",
            " 16: 0 IR-IO-APIC 16-fasteoi i801\n 17: 5 IO-APIC 17-edge x\n",
        )
    },
};
