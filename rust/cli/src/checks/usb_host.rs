// SPDX-License-Identifier: GPL-2.0

//! The card's USB, or another companion, belongs to the host.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "usb-host",
    aliases: &[],
    title: "the card's USB and other companions",
    about: "Some cards have a USB controller and its power control as further \
             functions. Drivers of the host take them unless they are named to \
             vga-stub as well. xhci is built into many kernels: it is then first at \
             every boot, softdep lines have no effect on it, and only devices= (which \
             reserves the function) or a hold after the boot helps.",
    sources: &[
        "gpu-operator#1328",
        "64kramsystem/vga-passthrough#34",
        "drivers/usb/host/xhci-pci.c",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in &card.functions {
            let Some(driver) = function.host_driver() else {
                continue;
            };
            let base = function.identity.class >> 16;
            if matches!(base, 0x03 | 0x04 | 0x06) {
                continue;
            }
            let what = if function.identity.class >> 8 == 0x0c03 {
                "USB"
            } else {
                "a companion"
            };
            let built_in = function
                .host_drivers
                .iter()
                .find(|module| host.kernels.is_builtin(module) == Some(true));
            let mut finding = fail(
                *function,
                format!(
                    "{} ({what}) belongs to the host: {driver}",
                    function.short()
                ),
            )
            .seen(
                format!("/sys/bus/pci/devices/{}/uevent", function.name),
                format!("DRIVER={driver}"),
            );
            if let Some(module) = built_in {
                finding = finding
                    .detail(format!(
                        "{module} is built into this kernel, so it is first at every boot."
                    ))
                    .seen("modules.builtin", module.clone());
            }
            found.push(finding.hold(function.short(), card.slot));
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .card("0000:01:00.2", "00:01.0", "10de", "1ad6", "0c0330")
            .driver("0000:01:00.2", "xhci_hcd")
            .builtin(&["kernel/drivers/usb/host/xhci-pci.ko"])
    },
    level: Level::Fail,
    says: "01:00.2 (USB) belongs to the host: xhci_hcd",
    near: || {
        good()
            .card("0000:01:00.2", "00:01.0", "10de", "1ad6", "0c0330")
            .held("0000:01:00.2")
    },
};
