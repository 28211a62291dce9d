// SPDX-License-Identifier: GPL-2.0

//! The kernel of the next boot has no module.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "dkms-kernel",
    aliases: &[],
    title: "the module for the kernel of the next boot",
    about: "The module has to be built for each kernel. DKMS does that when a kernel \
             is installed, if the headers are there; on Debian it also needs the \
             kernel's source, from which it makes the metadata of the Rust crates. \
             After a boot of a kernel without the module the cards are the host's.",
    sources: &["Documentation/install.rst", "lkrg-org/lkrg#216"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Some(kernel) = host.kernels.next() else {
        return vec![];
    };
    let all = host
        .kernels
        .all
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let wanted = host.selection.loaded.known().is_some()
        || !host.selection.configured.is_empty()
        || all.iter().any(|kernel| kernel.module.known().is_some());
    match &kernel.module {
        Datum::Unreadable(needs) => vec![unknown(
            Subject::Boot,
            format!("whether the module is built for Linux {}", kernel.release),
            needs.clone(),
        )],
        Datum::Known(_) => {
            let built: Vec<_> = all
                .iter()
                .filter(|kernel| kernel.module.known().is_some())
                .map(|kernel| kernel.release.as_str())
                .collect();
            vec![fine(
                Subject::Boot,
                format!("vga_stub is built for {}", built.join(", ")),
            )
            .headline()]
        }
        Datum::Absent if wanted => {
            let running = host.kernels.running.known() == Some(&kernel.release);
            let which = if running {
                "the running one"
            } else {
                "the next boot"
            };
            vec![fail(
                Subject::Boot,
                format!("there is no vga_stub for Linux {}, {which}", kernel.release),
            )
            .detail("Without the module the cards are the host's.")
            .command(
                format!("dkms autoinstall -k {}", kernel.release),
                format!(
                    "Build it; this needs linux-headers-{} and, on Debian, the linux-source \
             package of that version",
                    kernel.release
                ),
            )
            .seen(
                format!("/lib/modules/{}/modules.dep", kernel.release),
                "no vga_stub",
            )]
        }
        Datum::Absent => vec![],
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file("/boot/vmlinuz-7.10.1+deb13-amd64", "").file(
            "/lib/modules/7.10.1+deb13-amd64/modules.dep",
            "kernel/i915.ko:\n",
        )
    },
    level: Level::Fail,
    says: "there is no vga_stub for Linux 7.10.1+deb13-amd64, the next boot",
    near: || {
        good().file("/boot/vmlinuz-6.12.9+deb13-amd64", "").file(
            "/lib/modules/6.12.9+deb13-amd64/modules.dep",
            "kernel/i915.ko:\n",
        )
    },
};
