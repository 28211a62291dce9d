// SPDX-License-Identifier: GPL-2.0

//! The host's own devices do without translation.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "iommu-pt",
    aliases: &[],
    title: "iommu=pt",
    about: "iommu=pt, or iommu.passthrough=1, lets the host's own devices reach \
             memory without translation. It is neither needed nor harmful for guests: \
             what a guest has is translated anyway. It takes the IOMMU's protection \
             off the host's own devices, and can make fast network cards faster.",
    sources: &[
        "Documentation/admin-guide/kernel-parameters.txt, iommu.passthrough",
        "fwupd#5304",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let words = host.config.words().iter();
    let found = words.filter(|word| ["iommu=pt", "iommu.passthrough=1"].contains(&word.as_str()));
    found
        .map(|word| {
            info(
                Subject::Machine,
                format!("{word} is not needed and does no harm"),
            )
            .seen("/proc/cmdline", word.clone())
        })
        .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/proc/cmdline", "quiet iommu=pt\n"),
    level: Level::Info,
    says: "iommu=pt is not needed",
    near: || good().file("/proc/cmdline", "quiet iommu=on\n"),
};
