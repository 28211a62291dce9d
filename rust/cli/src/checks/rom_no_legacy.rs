// SPDX-License-Identifier: GPL-2.0

//! The ROM has no image for BIOS guests.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rom-no-legacy",
    aliases: &[],
    title: "a ROM for BIOS guests",
    about: "A guest with SeaBIOS needs a legacy image in the card's ROM. Newer cards \
             have an EFI image only: they boot OVMF guests.",
    sources: &[
        "PCI Firmware Specification 3.3, section 5.1.3",
        "rust/core/src/rom.rs",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let Datum::Known(claimed) = &function.claimed else {
                continue;
            };
            let Datum::Known(bytes) = &claimed.rom else {
                continue;
            };
            if super::rom_no_efi::kinds(bytes) == (false, true) {
                let domains = super::rom_no_efi::domains(host, function, false);
                let summary = format!("the ROM of {} boots OVMF guests only", function.short());
                let finding = if domains.is_empty() {
                    info(function, summary)
                } else {
                    warn(function, summary)
                        .detail(format!("BIOS guests that have it: {}.", domains.join(", ")))
                };
                found.push(
                    finding
                        .advice("Give the guest OVMF: <os firmware='efi'>.")
                        .seen(
                            format!("/sys/class/vga_stub/{}/rom", function.name),
                            format!("{} bytes, no image of type 0", bytes.len()),
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
        good().bytes(
            "/sys/class/vga_stub/0000:01:00.0/rom",
            &super::testing::rom(&[3]),
        )
    },
    level: Level::Info,
    says: "boots OVMF guests only",
    near: || {
        good().bytes(
            "/sys/class/vga_stub/0000:01:00.0/rom",
            &super::testing::rom(&[0, 3]),
        )
    },
};
