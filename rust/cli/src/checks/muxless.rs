// SPDX-License-Identifier: GPL-2.0

//! The card has no sockets.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "muxless",
    aliases: &[],
    title: "cards without sockets",
    about: "A 3D controller (class 0302) has no sockets for screens: in laptops its \
             picture goes through the processor's graphics, in servers there is none. \
             A guest's picture then comes over the network or shared memory: RDP, \
             Looking Glass with a dummy.",
    sources: &["quickemu-project/quickemu#688", "ls-iommu#3"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .displays()
            .filter(|function| function.identity.class >> 8 == 0x0302)
        {
            found.push(
                info(
                    function,
                    format!("{} has no sockets of its own", function.short()),
                )
                .detail(
                    "The guest's picture goes by RDP, or by Looking Glass with a virtual \
             display.",
                )
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", function.name),
                    "PCI_CLASS=30200",
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .card("0000:01:00.0", "00:01.0", "10de", "2684", "030200")
            .held("0000:01:00.0")
    },
    level: Level::Info,
    says: "01:00.0 has no sockets",
    near: || {
        good()
            .card("0000:01:00.0", "00:01.0", "10de", "2684", "038000")
            .held("0000:01:00.0")
    },
};
