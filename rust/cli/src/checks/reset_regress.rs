// SPDX-License-Identifier: GPL-2.0

//! This kernel is known to break resets.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "reset-regress",
    aliases: &[],
    title: "kernels that break resets",
    about: "Some releases of the kernel broke resets of graphics cards and mended \
             them later. The list is short, and each entry ends with the release that \
             mends it.",
    sources: &["zen-kernel/zen-kernel#380"],
    log: &[],
    run,
};

/// The first release that is broken, the first that is not, and what is broken.
const BROKEN: [(&str, &str, &str); 1] = [("6.14.2", "6.14.4", "resets by vfio-pci")];

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(release) = &host.kernels.running else {
        return vec![];
    };
    let number = release.split(['-', '+']).next().unwrap_or_default();
    let compare = crate::facts::kernels::compare;
    let hit = BROKEN
        .iter()
        .find(|(from, to, _)| compare(number, from).is_ge() && compare(number, to).is_lt());
    hit.map(|(_, to, what)| {
        warn(
            Subject::Machine,
            format!("Linux {release} is known to break {what}"),
        )
        .advice(format!("Use {to} or later."))
        .reboot()
        .seen("/proc/sys/kernel/osrelease", release.clone())
    })
    .into_iter()
    .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/proc/sys/kernel/osrelease", "6.14.3-zen1\n"),
    level: Level::Warn,
    says: "is known to break resets",
    near: || good().file("/proc/sys/kernel/osrelease", "6.14.10\n"),
};
