// SPDX-License-Identifier: GPL-2.0

//! The ACS override is asked for.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "acs-override",
    aliases: &["q2"],
    title: "the ACS override",
    about: "pcie_acs_override= makes a patched kernel pretend that bridges keep \
             devices apart, so that IOMMU groups become smaller. The kernel of \
             kernel.org and of most distributions does not have the patch, and \
             ignores the word: the groups stay as they are.\n\nWhere the patch is, \
             groups look smaller than they are: the DMA of a guest may reach devices \
             that the list shows in other groups. It is no fault to be mended by the \
             kernel; another slot, on the processor's lanes instead of the chipset's, \
             often gives a card a group of its own.",
    sources: &[
        "drivers/pci/quirks.c, pci_dev_specific_acs_enabled()",
        "ghaf#1711",
        "truenas/linux#170",
    ],
    log: &["PCIe ACS overrides enabled"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Some(word) = host
        .config
        .words()
        .iter()
        .find(|word| word.starts_with("pcie_acs_override="))
    else {
        return vec![];
    };
    let place = host
        .config
        .configured(word)
        .map_or_else(|| "the kernel's command line".into(), |line| line.place());
    if let Some(line) = host.system.logged(&["ACS overrides enabled"]) {
        return vec![warn(
            Subject::Machine,
            "the ACS override is in effect: IOMMU groups look smaller than they are",
        )
        .detail(
            "The DMA of a guest's card may reach devices that are shown in other \
             groups.",
        )
        .advice(format!(
            "Give cards only to guests that you trust, or remove {word} from {place}."
        ))
        .reboot()
        .seen("kernel log", line)];
    }
    vec![warn(
        Subject::Machine,
        format!("{word} does nothing: this kernel lacks the patch"),
    )
    .detail(if host.system.log.known().is_some() {
        ""
    } else {
        "The kernel's log could not be read; a patched kernel says \"ACS \
             overrides enabled\" in it."
    })
    .advice(format!(
        "Remove it from {place}. Another slot may give the card a group of its \
             own."
    ))
    .reboot()
    .seen("/proc/cmdline", word.clone())]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/proc/cmdline",
            "pcie_acs_override=downstream,multifunction\n",
        )
    },
    level: Level::Warn,
    says: "does nothing: this kernel lacks the patch",
    near: || good().file("/proc/cmdline", "pcie_aspm=off\n"),
};
