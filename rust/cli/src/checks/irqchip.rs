// SPDX-License-Identifier: GPL-2.0

//! Advice for old machine types.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "irqchip",
    aliases: &[],
    title: "interrupt controllers of old machine types",
    about: "With QEMU 4.0 the machine type q35 kept the interrupt controller in QEMU \
             (split irqchip), which made some guests with cards stutter; guides \
             advise <ioapic driver='kvm'/>. Newer machine types do not need it.",
    sources: &[
        "QEMU: docs, removed-features",
        "Arch Wiki: PCI passthrough via OVMF, Troubleshooting",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let domains = host.guests.domains.known().into_iter().flatten();
    let old = domains.filter(|domain| {
        domain.machine.ends_with("q35-4.0") && domain.ioapic.as_deref() != Some("kvm")
    });
    old.map(|domain| {
        info(
            Subject::Domain(domain.name.clone()),
            format!(
                "its machine type {} keeps the interrupt controller in QEMU",
                domain.machine
            ),
        )
        .advice(
            "Choose a newer machine type, or add <ioapic driver='kvm'/> to \
             <features>: virsh edit.",
        )
        .seen(
            format!("/etc/libvirt/qemu/{}.xml", domain.name),
            domain.machine.clone(),
        )
    })
    .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().domain(
            "win",
            "<os><type machine='pc-q35-4.0'/></os><hostdev \
             type='pci'><source><address bus='1'/></source></hostdev>",
        )
    },
    level: Level::Info,
    says: "its machine type pc-q35-4.0",
    near: || {
        good().domain(
            "win",
            "<os><type machine='pc-q35-10.0'/></os><hostdev \
             type='pci'><source><address bus='1'/></source></hostdev>",
        )
    },
};
