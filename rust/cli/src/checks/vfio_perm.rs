// SPDX-License-Identifier: GPL-2.0

//! The user may not open the card's vfio device.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "vfio-perm",
    aliases: &[],
    title: "who may use the card",
    about: "A card at vfio-pci is used through /dev/vfio/GROUP, which belongs to \
             root. A rule of udev's can give it to a group of users. Before the \
             hand-off there is no such file.",
    sources: &["Documentation/driver-api/vfio.rst", "macOS-Simple-KVM#497"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let (Datum::Known(nodes), Datum::Known(caller)) = (&host.system.vfio, &host.system.caller)
    else {
        return vec![];
    };
    let field = |key: &str| {
        caller
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .map(str::trim)
    };
    let Some(uid) = field("uid ")
        .and_then(|text| text.parse::<u32>().ok())
        .filter(|uid| *uid != 0)
    else {
        return vec![];
    };
    let groups: Vec<u32> = field("groups ")
        .unwrap_or_default()
        .split(' ')
        .filter_map(|text| text.parse().ok())
        .collect();
    let mut found = vec![];
    for card in host.named() {
        let at_vfio = |function: &&&Function| {
            function
                .driver
                .known()
                .is_some_and(|driver| is_vfio(driver))
        };
        let mut numbers: Vec<_> = card
            .functions
            .iter()
            .filter(at_vfio)
            .filter_map(|function| function.group.known())
            .collect();
        numbers.dedup();
        for number in numbers {
            let path = format!("/dev/vfio/{number}");
            let Some(stat) = nodes.get(&path) else {
                continue;
            };
            let may = (stat.uid == uid && stat.mode & 0o600 == 0o600)
                || (groups.contains(&stat.gid) && stat.mode & 0o060 == 0o060)
                || stat.mode & 0o006 == 0o006;
            if !may {
                found.push(
                    info(&card, format!("you may not open {path}; root may"))
                        .command(
                            "echo 'SUBSYSTEM==\"vfio\", GROUP=\"kvm\", MODE=\"0660\"' > \
             /etc/udev/rules.d/60-vfio.rules",
                            "Give it to the group kvm",
                        )
                        .seen(
                            path,
                            format!(
                                "mode {:o}, owner {}, group {}",
                                stat.mode & 0o7777,
                                stat.uid,
                                stat.gid
                            ),
                        ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .driver("0000:01:00.0", "vfio-pci")
            .stat("/dev/vfio/14", "20600 0 0 0 0")
            .query("caller", "uid 1000\ngroups 1000 104\nmemlock unlimited\n")
    },
    level: Level::Info,
    says: "you may not open /dev/vfio/14",
    near: || {
        good()
            .driver("0000:01:00.0", "vfio-pci")
            .stat("/dev/vfio/14", "20660 0 104 0 0")
            .query("caller", "uid 1000\ngroups 1000 104\nmemlock unlimited\n")
    },
};
