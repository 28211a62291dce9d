// SPDX-License-Identifier: GPL-2.0

//! The laptop's own screen hangs on the card.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "mux",
    aliases: &[],
    title: "the laptop's own screen",
    about: "In some laptops a switch (MUX) connects the panel to the separate card \
             or to the processor's graphics. While it is on the separate card, giving \
             that card away takes the panel with it. The firmware or the maker's tool \
             (supergfxctl) switches it to hybrid.",
    sources: &["Documentation/ABI/testing/sysfs-platform-asus-wmi, gpu_mux_mode"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.displays() {
            let panel = host
                .screens(function)
                .into_iter()
                .find(|name| name.starts_with("eDP") || name.starts_with("LVDS"));
            if let Some(panel) = panel {
                let mut finding = warn(
                    function,
                    format!(
                        "the laptop's own screen ({panel}) hangs on {}",
                        function.short()
                    ),
                )
                .advice(
                    "Switch the MUX to hybrid first: in the firmware's setup, or by \
             supergfxctl.",
                )
                .reboot()
                .seen("/sys/class/drm", format!("{panel} is connected"));
                if let Datum::Known(mode) = &host.system.mux {
                    finding = finding.seen(
                        "/sys/devices/platform/asus-nb-wmi/gpu_mux_mode",
                        mode.clone(),
                    );
                }
                found.push(finding);
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .lost("0000:01:00.0", "nouveau")
            .link(
                "/sys/class/drm/card1",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card1",
            )
            .file("/sys/class/drm/card1-eDP-1/status", "connected\n")
    },
    level: Level::Warn,
    says: "the laptop's own screen (eDP-1) hangs on 01:00.0",
    near: || {
        good()
            .lost("0000:01:00.0", "nouveau")
            .link(
                "/sys/class/drm/card1",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card1",
            )
            .file("/sys/class/drm/card1-eDP-1/status", "disconnected\n")
    },
};
