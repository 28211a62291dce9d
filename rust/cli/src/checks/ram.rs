// SPDX-License-Identifier: GPL-2.0

//! There is less free memory than a domain wants.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "ram",
    aliases: &[],
    title: "memory for guests",
    about: "All memory of a guest with a card is taken when it starts, and stays: \
             the card may write anywhere in it. What is not free then cannot be made \
             free by swapping the guest out.",
    sources: &[
        "drivers/vfio/vfio_iommu_type1.c, vfio_pin_pages_remote()",
        "lxc/incus-os#1146",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Some(free) = host.system.amount("MemAvailable") else {
        return vec![];
    };
    let running = host.guests.running.known();
    let mut found = vec![];
    for domain in host.guests.domains.known().into_iter().flatten() {
        let Some(running) = running else { continue };
        let runs = running.iter().any(|one| one.name == domain.name);
        if !runs && !domain.huge_pages && domain.memory > free {
            found.push(
                warn(
                    Subject::Domain(domain.name.clone()),
                    format!(
                        "it wants {} MiB at once, and {} MiB are free",
                        domain.memory >> 10,
                        free >> 10
                    ),
                )
                .advice("Give it less, or stop something else first.")
                .seen("/proc/meminfo", format!("MemAvailable: {free} kB"))
                .seen(
                    format!("/etc/libvirt/qemu/{}.xml", domain.name),
                    format!("memory {} KiB", domain.memory),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().domain(
            "win",
            "<memory unit='GiB'>64</memory><hostdev type='pci'><source><address \
             bus='1'/></source></hostdev>",
        )
    },
    level: Level::Warn,
    says: "it wants 65536 MiB at once",
    near: || {
        good()
            .domain(
                "win",
                "<memory unit='GiB'>64</memory><hostdev type='pci'><source><address \
             bus='1'/></source></hostdev>",
            )
            .query("guests", "42\twin\tvfio-pci,host=0000:01:00.0\n")
    },
};
