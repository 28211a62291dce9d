// SPDX-License-Identifier: GPL-2.0

//! The card's ROM is not in order.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rom-bad",
    aliases: &[],
    title: "a ROM that is in order",
    about: "vga-stub has read a ROM and found it wrong; rom_status has the word: \
             bad-signature (no ROM at all), no-pcir, truncated (cut off, as a rule by \
             a failed update), id-mismatch (another card's), bad-checksum (changed). \
             The card itself gave these bytes; a guest's firmware may not run them.",
    sources: &[
        "PCI Firmware Specification 3.3, section 5.1",
        "Documentation/ABI/testing/sysfs-class-vga_stub",
        "rom-parser#5",
    ],
    log: &["option ROM: source"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let Datum::Known(claimed) = &function.claimed else {
                continue;
            };
            let Datum::Known(status) = &claimed.rom_status else {
                continue;
            };
            if ["ok", "none"].contains(&status.as_str()) {
                continue;
            }
            found.push(
                warn(
                    function,
                    format!("the ROM of {} is not in order: {status}", function.short()),
                )
                .command(
                    format!(
                        "vga-stub rom /sys/class/vga_stub/{}/rom --device {}",
                        function.name,
                        function.ids()
                    ),
                    "See what is wrong with it, and which guests it boots",
                )
                .seen(
                    format!("/sys/class/vga_stub/{}/rom_status", function.name),
                    status.clone(),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/sys/class/vga_stub/0000:01:00.0/rom_status", "truncated\n"),
    level: Level::Warn,
    says: "the ROM of 01:00.0 is not in order: truncated",
    near: || good().file("/sys/class/vga_stub/0000:01:00.0/rom_status", "none\n"),
};
