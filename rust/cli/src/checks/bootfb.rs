// SPDX-License-Identifier: GPL-2.0

//! The boot screen lies on the card.

use super::prelude::*;
use crate::facts::system::is_framebuffer;

pub(super) const CHECK: Check = Check {
    id: "bootfb",
    aliases: &[],
    title: "the firmware's framebuffer",
    about: "The firmware draws on a framebuffer in the memory of the card that the \
             machine boots with, and the kernel goes on with it (efifb, vesafb, \
             simpledrm). vfio-pci then fails with \"BAR 0: can't reserve\". vga-stub \
             takes the framebuffer away when it claims the card; neither \
             video=efifb:off nor initcall_blacklist=sysfb_init is needed.",
    sources: &["drivers/video/aperture.c", "siderolabs/talos#14356"],
    log: &["can't reserve"],
    run,
};

/// Returns the framebuffers below a function's ranges in `/proc/iomem`, by the blanks before them.
fn framebuffer<'a>(iomem: &'a str, name: &str) -> Option<&'a str> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let of = |line: &'a str| line.split_once(" : ").map_or("", |(_, name)| name);
    let mut below = None;
    for line in iomem.lines() {
        if below.is_some_and(|below| depth(line) <= below) {
            below = None;
        }
        if of(line) == name {
            below = Some(depth(line));
        } else if below.is_some() && is_framebuffer(of(line)) {
            return Some(line.trim());
        }
    }
    None
}

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    let Datum::Known(iomem) = &host.system.iomem else {
        return vec![unknown(
            Subject::Machine,
            "where the boot screen lies: /proc/iomem",
            host.system.iomem.needs().unwrap_or("a live machine"),
        )];
    };
    for card in host.targets() {
        for function in card.displays() {
            let Some(line) = framebuffer(iomem, &function.name) else {
                continue;
            };
            let summary = format!("the boot screen lies on {}", function.short());
            let finding = if function.named.is_none() {
                info(function, summary).detail("vga-stub takes it away when it claims the card.")
            } else if function.state() == "handed-off" {
                fail(
                    function,
                    format!("{summary}: vfio-pci cannot have its memory"),
                )
                .command(
                    format!("vga-stub hold {}", function.short()),
                    "vga-stub takes it away when it claims the card",
                )
            } else {
                warn(
                    function,
                    format!("{summary}, which vga-stub has not claimed"),
                )
                .detail(
                    "vga-stub takes it away when it claims the card; the other lines say why \
             it has not. video=efifb:off and initcall_blacklist=sysfb_init are not \
             needed.",
                )
            };
            found.push(finding.seen("/proc/iomem", line));
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().lost("0000:01:00.0", "nouveau").file(
            "/proc/iomem",
            "0-0 : PCI Bus 0000:00\n  0-0 : 0000:01:00.0\n    0-0 : BOOTFB\n",
        )
    },
    level: Level::Warn,
    says: "the boot screen lies on 01:00.0, which vga-stub has not claimed",
    near: || {
        good().lost("0000:01:00.0", "nouveau").file(
            "/proc/iomem",
            "0-0 : 0000:01:00.0\n0-0 : 0000:00:02.0\n  0-0 : BOOTFB\n",
        )
    },
};
