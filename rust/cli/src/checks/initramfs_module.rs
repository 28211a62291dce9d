// SPDX-License-Identifier: GPL-2.0

//! The initramfs image lacks the module.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "initramfs-module",
    aliases: &[],
    title: "the module in the initramfs",
    about: "udev starts in the initramfs and loads drivers for all that it finds. \
             vga-stub has to be loaded before, from the same image: the hooks that \
             are installed with it put it there. An image that was made before the \
             module was installed does not have it.",
    sources: &[
        "Documentation/admin-guide.rst, First at boot",
        "GPU-Passthrough-Manager#43",
    ],
    log: &[],
    run,
};

/// Returns the command that makes an image anew.
pub(super) fn make(image: &str, release: &str) -> String {
    if image.contains("/initrd.img-") {
        format!("update-initramfs -u -k {release}")
    } else {
        format!("dracut --force --kver {release}")
    }
}

fn run(host: &Host) -> Vec<Finding> {
    if host.selection.configured.is_empty() {
        return vec![];
    }
    let mut found = vec![];
    for kernel in host.kernels.all.known().into_iter().flatten() {
        let (Datum::Known(_), Datum::Known(image)) = (&kernel.module, &kernel.image) else {
            continue;
        };
        match &image.files {
            Datum::Known(files) if files.contains("vga_stub.ko") => found.push(fine(
                Subject::Boot,
                format!("vga_stub is in {}", image.path),
            )),
            Datum::Known(_) => found.push(
                fail(Subject::Boot, format!("{} lacks the module", image.path))
                    .detail(
                        "The host's drivers come first then. The image was made before vga-stub \
             was there, or its hook is not installed.",
                    )
                    .command(make(&image.path, &kernel.release), "Make it anew")
                    .reboot()
                    .seen(image.path.clone(), "no vga_stub.ko in it"),
            ),
            Datum::Unreadable(needs) => found.push(unknown(
                Subject::Boot,
                format!("whether vga_stub is in {}", image.path),
                needs.clone(),
            )),
            Datum::Absent => {}
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().query(
            "image /boot/initrd.img-7.2.12+deb13-amd64",
            "usr/lib/modules/x/modules.dep\n",
        )
    },
    level: Level::Fail,
    says: "lacks the module",
    near: || {
        good()
            .query(
                "image /boot/initrd.img-7.2.12+deb13-amd64",
                "usr/lib/modules/x/modules.dep\n",
            )
            .gone("/etc/modprobe.d")
    },
};
