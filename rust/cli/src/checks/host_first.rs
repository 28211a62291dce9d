// SPDX-License-Identifier: GPL-2.0

//! A driver of the host had the card first.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "host-first",
    aliases: &[],
    title: "cards that vga-stub gets before the host's drivers",
    about: "A named card has a driver of the host. vga-stub does not take it by \
             force: that would end what the driver shows on it. To be earlier, the \
             module has to be loaded before the host's driver, which is in the \
             initramfs, and the initramfs has to be made after the options were \
             written. A card that devices= names is reserved from the moment the \
             module is loaded, so that only a driver that was there even earlier can \
             have it.",
    sources: &[
        "Documentation/admin-guide.rst, First at boot",
        "64kramsystem/vga-passthrough#15",
    ],
    log: &["[host-first]", "not claimed:"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if host.selection.loaded.known().is_none() {
        return vec![];
    }
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .functions
            .iter()
            .filter(|function| function.named.is_some())
        {
            let Some(driver) = function.host_driver() else {
                continue;
            };
            let mut finding = fail(
                *function,
                format!(
                    "{} is named, but {driver} of the host had it first",
                    function.short()
                ),
            )
            .command(
                format!("vga-stub hold {}", function.short()),
                "Now, without a reboot",
            )
            .advice(
                "For every boot: the lines on the module, the initramfs and the options \
             say why vga-stub came late.",
            )
            .seen(
                format!("/sys/bus/pci/devices/{}/uevent", function.name),
                format!("DRIVER={driver}"),
            );
            if let Some(line) = host.system.logged(&[function.name.as_str(), "not claimed"]) {
                finding = finding.seen("kernel log", line);
            }
            found.push(finding);
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().lost("0000:01:00.0", "nouveau"),
    level: Level::Fail,
    says: "01:00.0 is named, but nouveau of the host had it first",
    near: || {
        good()
            .driver("0000:01:00.0", "vfio-pci")
            .file("/sys/class/vga_stub/0000:01:00.0/state", "handed-off\n")
    },
};
