// SPDX-License-Identifier: GPL-2.0

//! A process is stuck in a driver's removal.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "stuck-unbind",
    aliases: &[],
    title: "processes that cannot be woken",
    about: "A driver waits in its removal for something that does not come: an open \
             file, a firmware. The process that asked for the unbind is in D state \
             and cannot be killed, and the card has no driver that works. Only a \
             reboot helps, often a hard one.",
    sources: &[
        "drivers/base/dd.c, device_release_driver_internal()",
        "MobilePassThrough#31",
    ],
    log: &["blocked for more than"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(text) = &host.system.stuck else {
        return vec![];
    };
    let line = |line: &str| {
        let fields: Vec<_> = line.split('\t').collect();
        let [pid, name, at] = fields.as_slice() else {
            return None;
        };
        Some(
            fail(
                Subject::Machine,
                format!("process {pid} ({name}) is stuck inside a driver's removal"),
            )
            .advice("Only a reboot helps; sync first.")
            .seen(format!("/proc/{pid}/stack"), *at),
        )
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().query("stuck", "4711\ttee\tdevice_release_driver\n"),
    level: Level::Fail,
    says: "process 4711 (tee) is stuck",
    near: || good().query("stuck", ""),
};
