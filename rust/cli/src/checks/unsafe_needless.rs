// SPDX-License-Identifier: GPL-2.0

//! Unsafe interrupts are allowed where interrupts are remapped.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "unsafe-needless",
    aliases: &[],
    title: "allow_unsafe_interrupts where it is needed only",
    about: "The option allow_unsafe_interrupts of vfio_iommu_type1 is for machines \
             that cannot remap interrupts. This one remaps them. The option has no \
             use here; should remapping ever fail, guests could raise any interrupt \
             of the host, and nobody would notice.",
    sources: &["drivers/vfio/vfio_iommu_type1.c", "ghaf#103"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let remapped = host
        .system
        .interrupts
        .known()
        .is_some_and(|lines| lines.contains(" IR-"));
    if !remapped {
        return vec![];
    }
    let option = host
        .config
        .option("vfio_iommu_type1", "allow_unsafe_interrupts");
    let on = |text: &str| matches!(text, "1" | "Y" | "y" | "on");
    let mut finding = warn(
        Subject::Machine,
        "allow_unsafe_interrupts is on, and interrupts are remapped: it only \
             opens a hole",
    )
    .advice("Remove allow_unsafe_interrupts.")
    .reboot();
    if on(&option.text) {
        finding = finding.seen(
            option.place,
            format!("allow_unsafe_interrupts={}", option.text),
        );
    }
    match &host.system.unsafe_interrupts {
        Datum::Known(text) if on(text) => {
            finding = finding.seen(
                "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
                text.clone(),
            )
        }
        _ => {}
    }
    if finding.evidence.is_empty() {
        vec![]
    } else {
        vec![finding]
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
            "Y\n",
        )
    },
    level: Level::Warn,
    says: "it only opens a hole",
    near: || {
        good()
            .file(
                "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
                "Y\n",
            )
            .file("/proc/interrupts", " 16: 0 IO-APIC 16-fasteoi i801\n")
    },
};
