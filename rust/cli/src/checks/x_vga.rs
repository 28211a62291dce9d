// SPDX-License-Identifier: GPL-2.0

//! x-vga for a guest with OVMF.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "x-vga",
    aliases: &[],
    title: "x-vga for BIOS guests only",
    about: "x-vga=on gives a guest the legacy VGA addresses of the card. SeaBIOS \
             needs them; OVMF does not. A guest that has them locks VGA for its card \
             at each access, and takes the addresses from the host's cards meanwhile.",
    sources: &[
        "QEMU: hw/vfio/pci-quirks.c, vfio_vga_probe()",
        "drivers/vfio/pci/vfio_pci_rdwr.c",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let running = host
        .guests
        .running
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let legacy = |argument: &str| {
        ["x-vga=on", "x-vga=1", "x-vga=true", "x-vga=yes"]
            .iter()
            .any(|word| argument.split(',').any(|part| part == *word))
    };
    let ovmf = |pid: u32| {
        running
            .iter()
            .any(|other| other.pid == pid && other.argument == "pflash")
    };
    let hit = running
        .iter()
        .filter(|one| legacy(&one.argument) && ovmf(one.pid));
    hit.map(|one| {
        warn(
            Subject::Domain(one.name.clone()),
            "it has x-vga=on and boots with OVMF, which does not need it",
        )
        .advice("Remove x-vga=on from QEMU's command line.")
        .seen(format!("/proc/{}/cmdline", one.pid), one.argument.clone())
    })
    .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().query(
            "guests",
            "42\twin11\tvfio-pci,host=0000:01:00.0,x-vga=on\n42\twin11\tpflash\n",
        )
    },
    level: Level::Warn,
    says: "it has x-vga=on and boots with OVMF",
    near: || {
        good().query(
            "guests",
            "42\twin11\tvfio-pci,host=0000:01:00.0,x-vga=on\n43\tother\tpflash\n",
        )
    },
};
