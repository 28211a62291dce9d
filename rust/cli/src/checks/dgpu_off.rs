// SPDX-License-Identifier: GPL-2.0

//! A laptop's tool has switched the card off.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "dgpu-off",
    aliases: &[],
    title: "cards that a tool has switched off",
    about: "In the mode Integrated supergfxd switches a laptop's separate card off: \
             it is not on the bus, and nobody can have it.",
    sources: &["supergfxctl: README"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let line = host.config.others.iter().find(|line| {
        line.file == "/etc/supergfxd.conf"
            && line.text.contains("\"mode\"")
            && line.text.contains("Integrated")
    });
    let Some(line) = line else {
        return vec![];
    };
    if host.pci.functions.known().is_none()
        || host.selection.now().is_empty()
        || host.cards().iter().any(|card| card.is_named())
    {
        return vec![];
    }
    vec![warn(
        Subject::Machine,
        "supergfxd has switched the card off (Integrated)",
    )
    .command("supergfxctl --mode Hybrid", "Switch it on")
    .reboot()
    .seen(line.place(), line.text.clone())]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/sys/bus/pci/devices/0000:01:00.0")
            .gone("/sys/bus/pci/devices/0000:01:00.1")
            .gone("/sys/class/vga_stub")
            .file("/etc/supergfxd.conf", "{\n  \"mode\": \"Integrated\",\n}\n")
    },
    level: Level::Warn,
    says: "supergfxd has switched the card off",
    near: || good().file("/etc/supergfxd.conf", "{\n  \"mode\": \"Integrated\",\n}\n"),
};
