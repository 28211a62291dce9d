// SPDX-License-Identifier: GPL-2.0

//! The boot screen lies on the card.

use super::prelude::*;

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

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    if !matches!(host.system.iomem, Datum::Known(_)) {
        return vec![unknown(
            Subject::Machine,
            "where the boot screen lies: /proc/iomem",
            host.system.iomem.needs().unwrap_or("a live machine"),
        )];
    }
    for card in host.targets() {
        for function in card.displays() {
            let Some(line) = host.boot_screen(function) else {
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
