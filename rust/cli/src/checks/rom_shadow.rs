// SPDX-License-Identifier: GPL-2.0

//! vga-stub has only the shadow of the card's ROM, or none.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rom-shadow",
    aliases: &[],
    title: "a true ROM",
    about: "For the card that the machine booted with the kernel shows the shadow: \
             the copy of the ROM at 0xC0000 that the firmware has run and changed. \
             With UEFI it is garbage. vga-stub reads the card's own ROM behind it. \
             Where that was not possible rom_source says shadow, and a guest that \
             runs this copy may show nothing.",
    sources: &[
        "arch/x86/pci/fixup.c, pci_fixup_video()",
        "Documentation/admin-guide.rst, The option ROM",
        "lf-edge/eve#6609",
    ],
    log: &[
        "option ROM: source shadow",
        "option ROM not read",
        "Invalid PCI ROM header signature",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let Datum::Known(claimed) = &function.claimed else {
                continue;
            };
            if claimed
                .rom_source
                .known()
                .is_some_and(|source| source == "shadow")
            {
                found.push(
                    warn(
                        function,
                        format!(
                            "vga-stub has only the copy of the ROM of {} that the firmware has \
             changed",
                            function.short()
                        ),
                    )
                    .detail("The card's own ROM could not be read; the kernel's log has why.")
                    .advice(
                        "Boot with the other card if the firmware's setup can choose, or give the \
             guest a romfile= that was read on such a boot.",
                    )
                    .seen(
                        format!("/sys/class/vga_stub/{}/rom_source", function.name),
                        "shadow",
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/sys/class/vga_stub/0000:01:00.0/rom_source", "shadow\n"),
    level: Level::Warn,
    says: "that the firmware has changed",
    near: || good().file("/sys/class/vga_stub/0000:01:00.0/rom_source", "efi\n"),
};
