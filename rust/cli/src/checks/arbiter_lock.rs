// SPDX-License-Identifier: GPL-2.0

//! A program keeps VGA locked.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "arbiter-lock",
    aliases: &["q9"],
    title: "locks in VGA arbitration",
    about: "A program has locked VGA for a card and not let go. A guest with SeaBIOS \
             and x-vga=on waits for the lock at each access: it stands still. X with \
             NVIDIA's driver does this. OVMF guests do not ask.",
    sources: &[
        "Documentation/gpu/vgaarbiter.rst",
        "drivers/vfio/pci/vfio_pci_rdwr.c, vfio_pci_vga_rw()",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(text) = &host.system.arbiter else {
        return vec![];
    };
    let locks = text
        .split(',')
        .find_map(|field| field.strip_prefix("locks="));
    match locks {
        Some(locks) if !locks.starts_with("none") => {
            let card = text
                .split(',')
                .find_map(|field| field.strip_prefix("PCI:"))
                .unwrap_or("a card");
            vec![warn(
                Subject::Machine,
                format!("a program has VGA locked for {card}"),
            )
            .detail("A guest with SeaBIOS waits for it and stands still.")
            .advice("End the program, as a rule the X server, or boot the guest with OVMF.")
            .seen("/dev/vga_arbiter", text.clone())]
        }
        _ => vec![],
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().query(
            "arbiter",
            "count:1,PCI:0000:00:02.0,decodes=io+mem,owns=io+mem,locks=io+mem(1:1)",
        )
    },
    level: Level::Warn,
    says: "a program has VGA locked for 0000:00:02.0",
    near: || {
        good().query(
            "arbiter",
            "count:1,PCI:0000:00:02.0,decodes=io+mem,owns=none,locks=none(0:0)",
        )
    },
};
