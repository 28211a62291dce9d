// SPDX-License-Identifier: GPL-2.0

//! The machine boots with a card that is for guests.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "boot-vga",
    aliases: &[],
    title: "the card that the machine boots with",
    about: "The firmware boots with one card and shows its screen there. If that \
             card is named, the screen stops when vga-stub claims it, and the host's \
             goes on when its driver has the other card. Both ways work: the ROM of \
             the boot card is read behind the shadow. If the firmware's setup can \
             choose the primary display, the host's card is the calmer choice.",
    sources: &[
        "drivers/pci/vgaarb.c, vga_is_boot_device()",
        "Passthrough_helper_PopOS#3",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let others = host
        .functions()
        .iter()
        .any(|function| function.is_display() && function.named.is_none());
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays().filter(|function| function.named.is_some()) {
            if others && function.details.boot_vga.known() == Some(&true) {
                found.push(
                    info(
                        function,
                        format!(
                            "the machine boots with {}: its screen stops when vga-stub claims it",
                            function.short()
                        ),
                    )
                    .advice(
                        "If the firmware's setup can choose the primary display, the host's card \
             is the calmer choice. Both work.",
                    )
                    .seen(
                        format!("/sys/bus/pci/devices/{}/boot_vga", function.name),
                        "1",
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
        good()
            .pci("0000:01:00.0", "boot_vga", "1\n")
            .pci("0000:00:02.0", "boot_vga", "0\n")
    },
    level: Level::Info,
    says: "the machine boots with 01:00.0",
    near: || good().pci("0000:01:00.0", "boot_vga", "0\n"),
};
