// SPDX-License-Identifier: GPL-2.0

//! A module that no longer exists is to be in the initramfs.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "virqfd",
    aliases: &[],
    title: "vfio_virqfd in lists of modules",
    about: "vfio_virqfd became a part of vfio in Linux 6.2. Old guides put it into \
             lists of modules for the initramfs, and some tools stop where a module \
             of the list is not there: the boot then hangs before udev.",
    sources: &["drivers/vfio/virqfd.c", "GPU-Passthrough-Manager#40"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if host.kernels.has("vfio_virqfd") != Some(false) {
        return vec![];
    }
    let config = &host.config;
    let lines = config
        .modules
        .iter()
        .chain(&config.mkinitcpio)
        .chain(&config.dracut);
    let lines = lines.filter(|line| line.text.contains("vfio_virqfd"));
    lines
        .map(|line| {
            warn(
                Subject::Boot,
                format!(
                    "{} wants vfio_virqfd, which is no module since Linux 6.2",
                    line.place()
                ),
            )
            .advice(format!(
                "Remove it from {}: it can stop the boot.",
                line.file
            ))
            .seen(line.place(), line.text.clone())
            .seen("modules.dep", "no vfio_virqfd")
        })
        .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/etc/initramfs-tools/modules", "vfio\nvfio_virqfd\n"),
    level: Level::Warn,
    says: "/etc/initramfs-tools/modules:2 wants vfio_virqfd",
    near: || good().file("/etc/initramfs-tools/modules", "vfio\n# vfio_virqfd\n"),
};
