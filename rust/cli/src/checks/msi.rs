// SPDX-License-Identifier: GPL-2.0

//! A guest uses the card's interrupt line.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "msi",
    aliases: &[],
    title: "interrupts of guests' cards",
    about: "The guest's driver uses the card's interrupt line (INTx) instead of \
             messages (MSI). Each interrupt then takes a detour through the host: \
             sound stutters, frames drop. In Windows the driver's registry value \
             MSISupported=1 changes it. A few old cards advertise MSI and do not do \
             it.",
    sources: &[
        "drivers/vfio/pci/vfio_pci_intrs.c",
        "linux-kvm.org: VGA device assignment",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        for function in &card.functions {
            let row = format!("vfio-intx({})", function.name);
            let line = host
                .system
                .interrupts
                .known()
                .and_then(|text| text.lines().find(|line| line.contains(&row)));
            if let Some(line) = line {
                found.push(
                    info(
                        *function,
                        format!(
                            "the guest uses the old interrupt line of {}",
                            function.short()
                        ),
                    )
                    .detail("It costs time. Some drivers use MSI only when they are told.")
                    .advice(
                        "In Windows set MSISupported=1 for the device in the registry; if that is \
             worse, the card's MSI is broken.",
                    )
                    .seen("/proc/interrupts", line),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().driver("0000:01:00.0", "vfio-pci").file(
            "/proc/interrupts",
            " 16: 3 IR-IO-APIC 16-fasteoi vfio-intx(0000:01:00.0)\n",
        )
    },
    level: Level::Info,
    says: "the guest uses the old interrupt line of 01:00.0",
    near: || {
        good().driver("0000:01:00.0", "vfio-pci").file(
            "/proc/interrupts",
            " 30: 3 IR-PCI-MSI-0000:01:00.0 0-edge vfio-msi[0](0000:01:00.0)\n",
        )
    },
};
