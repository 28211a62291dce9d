// SPDX-License-Identifier: GPL-2.0

//! There is no /dev/kvm.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "kvm-off",
    aliases: &[],
    title: "KVM",
    about: "Guests run fast only with KVM. It needs the processor's virtualization, \
             VT-x on Intel and SVM (AMD-V) on AMD, which the firmware's setup may \
             have off, and the module kvm_intel or kvm_amd. The flags in \
             /proc/cpuinfo alone prove nothing: it is /dev/kvm that counts.",
    sources: &["arch/x86/kvm", "T-vK/MobilePassThrough#7"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if host.system.may_be_xen() {
        return vec![];
    }
    match &host.system.kvm {
        Datum::Known(_) => vec![fine(Subject::Machine, "KVM is there")],
        Datum::Unreadable(needs) => vec![unknown(
            Subject::Machine,
            "whether there is KVM",
            needs.clone(),
        )],
        Datum::Absent => {
            let flags = host
                .system
                .cpu
                .known()
                .map(|flags| flags.replace('\n', " "));
            let flag = flags
                .as_deref()
                .map(|flags| flags.contains("vmx") || flags.contains("svm"));
            let finding = warn(
                Subject::Machine,
                "there is no /dev/kvm: guests would be very slow",
            )
            .seen("/dev/kvm", "is not there")
            .seen(
                "/proc/cpuinfo",
                flags.unwrap_or_else(|| "not readable".into()),
            );
            vec![match flag {
                Some(true) => finding.command(
                    "modprobe kvm_intel || modprobe kvm_amd",
                    "The processor can do it: load the module; its error says more",
                ),
                _ => finding
                    .advice("Switch on VT-x (Intel) or SVM (AMD) in the firmware's setup.")
                    .reboot(),
            }]
        }
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/dev/kvm")
            .file("/proc/cpuinfo", "flags : fpu\n")
    },
    level: Level::Warn,
    says: "there is no /dev/kvm",
    near: || good().file("/proc/cpuinfo", "flags : fpu\n"),
};
