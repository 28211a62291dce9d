// SPDX-License-Identifier: GPL-2.0

//! The firmware shows an IOMMU, and the kernel has it off.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "iommu-kernel",
    aliases: &[],
    title: "an IOMMU that the kernel uses",
    about: "The ACPI table of an IOMMU is there, but there are no IOMMU groups: the \
             kernel does not use it. A word on the kernel's command line can switch \
             it off, and on Intel some kernels leave it off unless they are told \
             otherwise (CONFIG_INTEL_IOMMU_DEFAULT_ON is not set).\n\nBoot loaders \
             read more than one file; after a change, look at /proc/cmdline: it has \
             what the kernel was really given.",
    sources: &[
        "Documentation/admin-guide/kernel-parameters.txt",
        "drivers/iommu/Kconfig",
        "NVIDIA/kubevirt-gpu-device-plugin#66",
        "openshift/sriov-network-operator#162",
    ],
    log: &["DMAR: IOMMU disabled"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(tables) = super::iommu_firmware::tables(host) else {
        return vec![];
    };
    if host.system.may_be_xen() || host.group_count() != Some(0) || tables.is_empty() {
        return vec![];
    }
    let Datum::Known(words) = &host.config.cmdline else {
        return vec![unknown(
            Subject::Machine,
            "why the kernel has the IOMMU off: its command line",
            "root",
        )];
    };
    let evidence = |finding: Finding| {
        finding
            .seen("/sys/firmware/acpi/tables", tables.join(" "))
            .seen("/sys/kernel/iommu_groups", "empty")
            .seen("/proc/cmdline", words.join(" "))
    };
    let off = words
        .iter()
        .find(|word| ["iommu=off", "intel_iommu=off", "amd_iommu=off"].contains(&word.as_str()));
    let found = |summary: String| {
        if host.named().is_empty() {
            warn(Subject::Machine, summary)
        } else {
            fail(Subject::Machine, summary)
        }
    };
    let after = "After the reboot see that /proc/cmdline has changed: boot loaders read \
             more than one file.";
    if let Some(word) = off {
        let place = host.config.configured(word).map_or_else(
            || "the boot loader's configuration".into(),
            |line| line.place(),
        );
        return vec![evidence(found(format!(
            "the kernel has the IOMMU off because of {word}"
        )))
        .advice(format!("Remove {word} from {place}. {after}"))
        .reboot()];
    }
    let intel = tables.contains(&"DMAR");
    let config = host.kernels.current().map(|kernel| &kernel.config);
    let default_on = config
        .and_then(Datum::known)
        .map(|text| text.contains("CONFIG_INTEL_IOMMU_DEFAULT_ON"));
    let told = words.iter().any(|word| word.starts_with("intel_iommu=on"));
    match default_on {
        Some(false) if intel && !told => vec![evidence(found(
            "this kernel leaves the IOMMU off unless it is told otherwise".into(),
        ))
        .seen("/boot/config", "CONFIG_INTEL_IOMMU_DEFAULT_ON is not set")
        .advice(format!(
            "Add intel_iommu=on to the kernel's command line. {after}"
        ))
        .reboot()],
        _ => vec![evidence(warn(
            Subject::Machine,
            "the firmware shows an IOMMU, but the kernel does not use it",
        ))
        .advice(
            "Look for DMAR or AMD-Vi in the kernel's log: journalctl -k -g \
             'DMAR|AMD-Vi'. On Intel, intel_iommu=on is worth a try.",
        )],
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/sys/kernel/iommu_groups")
            .directory("/sys/kernel/iommu_groups")
            .file("/proc/cmdline", "quiet intel_iommu=off\n")
    },
    level: Level::Fail,
    says: "because of intel_iommu=off",
    near: || good().file("/proc/cmdline", "quiet intel_iommu=off\n"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kernel_that_wants_to_be_told() {
        let machine = good()
            .gone("/sys/kernel/iommu_groups")
            .directory("/sys/kernel/iommu_groups")
            .file("/boot/config-7.2.12+deb13-amd64", "CONFIG_RUST=y\n");
        let found = run(&machine.host());
        assert_eq!(
            found[0].summary,
            "this kernel leaves the IOMMU off unless it is told otherwise"
        );
    }
}
