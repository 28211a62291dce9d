// SPDX-License-Identifier: GPL-2.0

//! There are fewer huge pages than a domain wants.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "hugepages",
    aliases: &[],
    title: "huge pages for guests",
    about: "A domain with <hugepages/> takes its memory from pages that have been \
             set aside. If there are too few the guest does not start.",
    sources: &[
        "Documentation/admin-guide/mm/hugetlbpage.rst",
        "gpu-passthrough-tutorial#28",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let (Some(free), Some(size)) = (
        host.system.amount("HugePages_Free"),
        host.system.amount("Hugepagesize"),
    ) else {
        return vec![];
    };
    let Some(running) = host.guests.running.known() else {
        return vec![];
    };
    let mut found = vec![];
    for domain in host.guests.domains.known().into_iter().flatten() {
        let runs = running.iter().any(|one| one.name == domain.name);
        let wanted = domain.memory.div_ceil(size.max(1));
        if domain.huge_pages && !runs && wanted > free {
            found.push(
                warn(
                    Subject::Domain(domain.name.clone()),
                    format!("it wants {wanted} huge pages, and {free} are free"),
                )
                .command(
                    format!("sysctl vm.nr_hugepages={wanted}"),
                    "Now; early after the boot is better, while memory is in one piece",
                )
                .seen(
                    "/proc/meminfo",
                    format!("HugePages_Free: {free}, Hugepagesize: {size} kB"),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .domain(
                "win",
                "<memory \
             unit='GiB'>4</memory><memoryBacking><hugepages/></memoryBacking><hostdev \
             type='pci'><source><address bus='1'/></source></hostdev>",
            )
            .file(
                "/proc/meminfo",
                "MemAvailable: 60000000 kB\nHugePages_Free: 16\nHugepagesize: 2048 kB\n",
            )
    },
    level: Level::Warn,
    says: "it wants 2048 huge pages, and 16 are free",
    near: || {
        good()
            .domain(
                "win",
                "<memory \
             unit='GiB'>4</memory><memoryBacking><hugepages/></memoryBacking><hostdev \
             type='pci'><source><address bus='1'/></source></hostdev>",
            )
            .file(
                "/proc/meminfo",
                "MemAvailable: 60000000 kB\nHugePages_Free: 2048\nHugepagesize: 2048 kB\n",
            )
    },
};
