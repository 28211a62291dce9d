// SPDX-License-Identifier: GPL-2.0

//! The kernel is older than vga-stub can use.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "kernel-old",
    aliases: &[],
    title: "a kernel of 7.2 or later",
    about: "vga-stub needs Linux 7.2 or later: it uses interfaces of the kernel's \
             Rust code that earlier ones do not have. Distributions often have a \
             newer kernel besides the usual one: on Debian 13 in trixie-backports.",
    sources: &["README.md"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let release = match &host.kernels.running {
        Datum::Known(release) => release,
        other => {
            return vec![unknown(
                Subject::Machine,
                "which kernel runs",
                other.needs().unwrap_or("a live machine"),
            )]
        }
    };
    let number = release.starts_with(|c: char| c.is_ascii_digit());
    if !number || crate::facts::kernels::compare(release, "7.2").is_ge() {
        return vec![];
    }
    vec![fail(
        Subject::Machine,
        format!("Linux {release} is too old: vga-stub needs 7.2 or later"),
    )
    .advice(
        "Install a newer kernel. On Debian 13: apt install -t trixie-backports \
             linux-image-amd64 linux-headers-amd64",
    )
    .reboot()
    .seen("/proc/sys/kernel/osrelease", release.clone())]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/proc/sys/kernel/osrelease", "6.12.48+deb13-amd64\n"),
    level: Level::Fail,
    says: "is too old",
    near: || good().file("/proc/sys/kernel/osrelease", "7.10.0\n"),
};
