// SPDX-License-Identifier: GPL-2.0

//! A guest has the card.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "in-use",
    aliases: &[],
    title: "guests that use the card",
    about: "A process has the card's vfio device open, as a rule QEMU. While it is \
             so, reclaim says EBUSY and nothing moves.",
    sources: &["Documentation/ABI/testing/sysfs-class-vga_stub, reclaim"],
    log: &["is in use; nothing moved"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        let mut guests: Vec<_> = card
            .functions
            .iter()
            .flat_map(|function| crate::verbs::list::guests_of(host, function))
            .collect();
        guests.sort();
        guests.dedup();
        if !guests.is_empty() {
            let files: Vec<_> = card
                .functions
                .iter()
                .flat_map(|function| host.users(function))
                .map(|user| format!("{} {}", user.pid, user.file))
                .collect();
            found.push(
                info(&card, format!("in use by {}", guests.join(", ")))
                    .seen("/proc/*/fd", files.join(", ")),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .driver("0000:01:00.0", "vfio-pci")
            .query("open-files", "4242\tqemu-system-x86\t/dev/vfio/14\n")
            .query("guests", "4242\twin11\tvfio-pci,host=0000:01:00.0\n")
    },
    level: Level::Info,
    says: "in use by win11",
    near: || good().query("open-files", "4242\tqemu-system-x86\t/dev/vfio/15\n"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_devices_own_file() {
        let machine = good()
            .driver("0000:01:00.0", "vfio-pci")
            .pci("0000:01:00.0", "vfio-dev/vfio3/dev", "1:2\n")
            .query("open-files", "4242\tqemu\t/dev/vfio/devices/vfio3\n");
        assert_eq!(run(&machine.host())[0].summary, "in use by qemu (4242)");
    }
}
