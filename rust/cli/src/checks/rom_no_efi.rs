// SPDX-License-Identifier: GPL-2.0

//! The ROM has no EFI image.

use super::prelude::*;
use vga_stub_core::rom::{self, CodeType};

pub(super) const CHECK: Check = Check {
    id: "rom-no-efi",
    aliases: &[],
    title: "a ROM for OVMF guests",
    about: "A guest with OVMF shows the firmware's screen only if the card's ROM has \
             an EFI image for x64. Without one the screen stays dark until the \
             guest's own driver runs. Older cards have no EFI image; some makers \
             offer an update with GOP.",
    sources: &[
        "UEFI Specification 2.10, section 14.4.2",
        "rust/core/src/rom.rs",
    ],
    log: &[],
    run,
};

/// What is in a function's ROM: an image for BIOS, one for UEFI on x64.
pub(super) fn kinds(bytes: &[u8]) -> (bool, bool) {
    let (mut legacy, mut efi) = (false, false);
    for image in rom::images(bytes).filter_map(Result::ok) {
        match image.code_type {
            CodeType::X86 => legacy = true,
            CodeType::Efi => efi |= image.efi().is_some_and(|header| header.machine == 0x8664),
            _ => {}
        }
    }
    (legacy, efi)
}

/// The domains that have a function and whose firmware is UEFI, or is not.
pub(super) fn domains(host: &Host, function: &Function, uefi: bool) -> Vec<String> {
    let domains = host.guests.domains.known().into_iter().flatten();
    let domains = domains.filter(|domain| {
        domain.uefi == uefi
            && domain
                .devices
                .iter()
                .any(|device| device.address == function.name)
    });
    domains.map(|domain| domain.name.clone()).collect()
}

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let Datum::Known(claimed) = &function.claimed else {
                continue;
            };
            let bytes = match &claimed.rom {
                Datum::Known(bytes) => bytes,
                Datum::Unreadable(needs) => {
                    found.push(unknown(
                        function,
                        format!("what is in the ROM of {}", function.short()),
                        needs.clone(),
                    ));
                    continue;
                }
                Datum::Absent => continue,
            };
            let source = claimed.rom_source.known().map_or("?", String::as_str);
            match kinds(bytes) {
                (true, true) => found.push(
                    fine(
                        function,
                        format!(
                            "ROM ({source}): legacy and EFI images: boots BIOS and OVMF guests"
                        ),
                    )
                    .headline(),
                ),
                (true, false) => {
                    let domains = domains(host, function, true);
                    let summary = format!(
                        "the ROM of {} has no EFI image: an OVMF guest shows nothing until its \
                         driver runs",
                        function.short()
                    );
                    let finding = if domains.is_empty() {
                        info(function, summary)
                    } else {
                        let list = domains.join(", ");
                        warn(function, summary).detail(format!("OVMF guests that have it: {list}."))
                    };
                    let advice = "Boot the guest with SeaBIOS, or ask the card's maker for an \
                                  update with GOP.";
                    let file = format!("/sys/class/vga_stub/{}/rom", function.name);
                    let what = format!("{} bytes, no image of type 3 for x64", bytes.len());
                    found.push(finding.advice(advice).seen(file, what));
                }
                _ => {}
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
            &super::testing::rom(&[0]),
        )
    },
    level: Level::Info,
    says: "has no EFI image",
    near: || {
        good().bytes(
            "/sys/class/vga_stub/0000:01:00.0/rom",
            &super::testing::rom(&[0, 3]),
        )
    },
};
