// SPDX-License-Identifier: GPL-2.0

//! The user may not lock a guest's memory.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "memlock",
    aliases: &[],
    title: "the limit of locked memory",
    about: "vfio locks all of a guest's memory. A user who starts QEMU needs a limit \
             (ulimit -l) of at least that; root has none. libvirt's system instance \
             sets the limit by itself.",
    sources: &[
        "drivers/vfio/vfio_iommu_type1.c, vfio_lock_acct()",
        "kubevirt/kubevirt#8472",
    ],
    log: &["RLIMIT_MEMLOCK"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if let Some(line) = host.system.logged(&["RLIMIT_MEMLOCK", "exceeded"]) {
        return vec![warn(
            Subject::Machine,
            "a guest's memory was more than its user may lock",
        )
        .advice(
            "Raise the limit: memlock in /etc/security/limits.d, or LimitMEMLOCK= of \
             the unit that starts QEMU.",
        )
        .seen("kernel log", line)];
    }
    let Datum::Known(caller) = &host.system.caller else {
        return vec![];
    };
    let field = |key: &str| {
        caller
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let limit = field("memlock ").and_then(|text| text.parse::<u64>().ok());
    let root = field("uid ") == Some("0");
    let libvirt = host
        .guests
        .domains
        .known()
        .is_some_and(|domains| !domains.is_empty());
    match limit {
        Some(limit)
            if !root
                && !libvirt
                && host.guests.domains.is_absent()
                && limit < 1 << 30
                && !host.named().is_empty() =>
        {
            vec![info(
                Subject::Machine,
                format!(
                    "you may lock {} MiB of memory; a guest with a card locks all of its own",
                    limit >> 20
                ),
            )
            .advice(
                "To start QEMU yourself: memlock in /etc/security/limits.d. libvirt's \
             system instance needs nothing.",
            )
            .seen("RLIMIT_MEMLOCK", limit.to_string())]
        }
        _ => vec![],
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().query("caller", "uid 1000\ngroups 1000\nmemlock 8388608\n"),
    level: Level::Info,
    says: "you may lock 8 MiB",
    near: || good().query("caller", "uid 1000\ngroups 1000\nmemlock 68719476736\n"),
};
