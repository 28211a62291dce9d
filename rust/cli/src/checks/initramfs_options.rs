// SPDX-License-Identifier: GPL-2.0

//! The options were changed after the initramfs image was made.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "initramfs-options",
    aliases: &[],
    title: "the options in the initramfs",
    about: "The initramfs image has a copy of /etc/modprobe.d. The module is loaded \
             from the image, with the options that it had when the image was made. A \
             later change does nothing until the image is made anew.",
    sources: &[
        "modprobe.d(5)",
        "Documentation/admin-guide.rst, First at boot",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for kernel in host.kernels.all.known().into_iter().flatten() {
        let (Datum::Known(_), Datum::Known(image)) = (&kernel.module, &kernel.image) else {
            continue;
        };
        if image
            .files
            .known()
            .is_some_and(|files| !files.contains("vga_stub.ko"))
        {
            continue;
        }
        for (file, stat) in &host.config.times {
            let newer = stat.mtime > image.stat.mtime;
            if newer {
                found.push(
                    warn(
                        Subject::Boot,
                        format!("{file} was changed after {} was made", image.path),
                    )
                    .detail("At the next boot the module gets the options that are in the image.")
                    .command(
                        super::initramfs_module::make(&image.path, &kernel.release),
                        "Make it anew",
                    )
                    .reboot()
                    .seen(file.clone(), format!("changed at {}", stat.mtime))
                    .seen(image.path.clone(), format!("made at {}", image.stat.mtime)),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().stat("/etc/modprobe.d/cards.conf", "100644 0 0 10 3000"),
    level: Level::Warn,
    says: "/etc/modprobe.d/cards.conf was changed after \
             /boot/initrd.img-7.2.12+deb13-amd64 was made",
    near: || {
        good()
            .stat("/etc/modprobe.d/cards.conf", "100644 0 0 10 1000")
            .file("/etc/modprobe.d/other.conf", "options snd x=1\n")
            .stat("/etc/modprobe.d/other.conf", "100644 0 0 10 3000")
    },
};
