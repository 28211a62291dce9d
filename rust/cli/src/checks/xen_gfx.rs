// SPDX-License-Identifier: GPL-2.0

//! gfx_passthru for another maker's card.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "xen-gfx",
    aliases: &[],
    title: "gfx_passthru of Xen's guests",
    about: "gfx_passthru=1 makes the card the guest's first one, with its legacy \
             addresses. Today's Xen does that for Intel's own graphics only. For \
             other cards leave it out: the card is the guest's second one, and its \
             driver brings up the screen.",
    sources: &["xl.cfg(5), gfx_passthru"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let on = |text: &str| {
        text.split_once('=').is_some_and(|(key, value)| {
            key.trim() == "gfx_passthru"
                && !matches!(value.trim().trim_matches(['"', '\'']), "0" | "igd")
        })
    };
    let mut found = vec![];
    for line in host.config.xen.iter().filter(|line| on(&line.text)) {
        let pci = host
            .config
            .xen
            .iter()
            .find(|other| other.file == line.file && other.text.starts_with("pci"));
        let Some(pci) = pci else { continue };
        let other = host.functions().iter().find(|function| {
            function.is_display()
                && function.identity.vendor != 0x8086
                && pci.text.contains(function.short())
        });
        if let Some(function) = other {
            found.push(
                warn(
                    function,
                    format!(
                        "{} asks for gfx_passthru, which is for Intel's own graphics",
                        line.place()
                    ),
                )
                .advice("Remove the line: the card is the second one in the guest then.")
                .seen(line.place(), line.text.clone())
                .seen(pci.place(), pci.text.clone()),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/etc/xen/win.cfg",
            "pci = [ '01:00.0', '01:00.1' ]\ngfx_passthru = 1\n",
        )
    },
    level: Level::Warn,
    says: "/etc/xen/win.cfg:2 asks for gfx_passthru",
    near: || {
        good().file(
            "/etc/xen/win.cfg",
            "pci = [ '00:02.0' ]\ngfx_passthru = 1\n",
        )
    },
};
