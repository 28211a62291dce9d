// SPDX-License-Identifier: GPL-2.0

//! A NoSnoop patch or option.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "nosnoop",
    aliases: &["q7"],
    title: "NoSnoop",
    about: "Old guides tell to build a kernel with a NoSnoop patch, or to set an \
             option for it. It was for cards that write past the processor's caches \
             behind an IOMMU that cannot force them to, and was given up before 2014: \
             KVM keeps track of such devices itself. No.",
    sources: &["virt/kvm/vfio.c, kvm_vfio_update_coherency()"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let words = host
        .config
        .words()
        .iter()
        .filter(|word| word.to_ascii_lowercase().contains("nosnoop"))
        .map(|word| ("/proc/cmdline".to_owned(), word.clone()));
    let lines = host
        .config
        .modprobe
        .iter()
        .filter(|line| line.text.to_ascii_lowercase().contains("nosnoop"))
        .map(|line| (line.place(), line.text.clone()));
    words
        .chain(lines)
        .map(|(place, text)| {
            warn(
                Subject::Machine,
                format!("{place} has a NoSnoop option, which does nothing today"),
            )
            .advice("Remove it.")
            .seen(place, text)
        })
        .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/etc/modprobe.d/k.conf", "options kvm_intel nosnoop=1\n"),
    level: Level::Warn,
    says: "has a NoSnoop option",
    near: || good().file("/etc/modprobe.d/k.conf", "options kvm_intel nested=1\n"),
};
