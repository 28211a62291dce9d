// SPDX-License-Identifier: GPL-2.0

//! A security module keeps a guest from the card.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "lsm",
    aliases: &[],
    title: "AppArmor and SELinux",
    about: "libvirt confines QEMU with AppArmor or SELinux. A file of the card that \
             the profile does not know, such as a ROM file in a home directory, is \
             refused. A local rule for that file is enough; guides that switch the \
             security driver off give up more than they need.",
    sources: &["libvirt: drvqemu, security", "cockpit-project/bots#9287"],
    log: &["apparmor=\"DENIED\"", "avc:  denied"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let log = host
        .system
        .log
        .known()
        .map(String::as_str)
        .unwrap_or_default();
    let line = log.lines().find(|line| {
        let refused = line.contains("apparmor=\"DENIED\"") || line.contains("avc:  denied");
        let guest = line.contains("libvirt") || line.contains("qemu") || line.contains("svirt");
        refused
            && guest
            && ["/sys/", "/dev/vfio", ".rom", "vfio"]
                .iter()
                .any(|part| line.contains(part))
    });
    line.map(|line| {
        warn(
            Subject::Machine,
            "a security module has refused a guest a file of a card",
        )
        .advice(
            "Allow that file: for AppArmor in \
             /etc/apparmor.d/local/abstractions/libvirt-qemu, for SELinux by \
             restorecon or a local module. Leave the security driver on.",
        )
        .seen("kernel log", line)
    })
    .into_iter()
    .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().query(
            "kernel-log",
            "audit: type=1400 apparmor=\"DENIED\" operation=\"open\" \
             profile=\"libvirt-x\" name=\"/sys/devices/pci0000:00/x\"\n",
        )
    },
    level: Level::Warn,
    says: "a security module has refused a guest a file",
    near: || {
        good().query(
            "kernel-log",
            "audit: type=1400 apparmor=\"DENIED\" operation=\"open\" \
             profile=\"cupsd\" name=\"/sys/x\"\n",
        )
    },
};
