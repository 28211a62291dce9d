// SPDX-License-Identifier: GPL-2.0

//! A domain hides the card's ROM from the guest.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rombar-off",
    aliases: &[],
    title: "ROM BARs of domains",
    about: "With <rom bar='off'/> or rombar=0 the guest's firmware sees no ROM: the \
             screen stays dark until the guest's driver runs. Guides advise it to get \
             around a bad shadow, which vga-stub mends.",
    sources: &["QEMU: hw/pci/pci.c", "macOS-KVM-PCI-Passthrough#2"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for domain in host.guests.domains.known().into_iter().flatten() {
        for device in domain.devices.iter().filter(|device| device.rom_off) {
            if host
                .function(&device.address)
                .is_some_and(Function::is_display)
            {
                found.push(
                    warn(
                        Subject::Domain(domain.name.clone()),
                        format!(
                            "it hides the ROM of {} from the guest: no boot screen",
                            device.address
                        ),
                    )
                    .advice(
                        "Remove <rom bar='off'/> from the domain: virsh edit. Keep it if the \
             guest's driver works only so.",
                    )
                    .seen(
                        format!("/etc/libvirt/qemu/{}.xml", domain.name),
                        "rom bar='off'",
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
        good().domain(
            "win",
            "<hostdev type='pci'><source><address bus='1'/></source><rom \
             bar='off'/></hostdev>",
        )
    },
    level: Level::Warn,
    says: "it hides the ROM of 0000:01:00.0",
    near: || {
        good().domain(
            "win",
            "<hostdev type='pci'><source><address bus='1' function='1'/></source><rom \
             bar='off'/></hostdev>",
        )
    },
};
