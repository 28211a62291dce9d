// SPDX-License-Identifier: GPL-2.0

//! NVIDIA's driver has the card.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "nvidia-unbind",
    aliases: &[],
    title: "unbinding NVIDIA's driver",
    about: "NVIDIA's driver keeps cards busy that nobody seems to use: nvidia_drm \
             with modeset=1 holds the console, nvidia-persistenced and nvidia-powerd \
             hold the card. An unbind then waits for ever (\"non-zero usage count\").",
    sources: &[
        "NVIDIA/open-gpu-kernel-modules#1119",
        "gpu-passthrough-tutorial#39",
    ],
    log: &["with non-zero usage count"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card.functions.iter().filter(|function| {
            function
                .driver
                .known()
                .is_some_and(|driver| driver == "nvidia")
        }) {
            let modeset = host
                .system
                .nvidia_modeset
                .known()
                .map_or("not known", String::as_str);
            found.push(
                warn(
                    *function,
                    format!(
                        "NVIDIA's driver has {}, and unbinding it can hang",
                        function.short()
                    ),
                )
                .command(
                    "systemctl stop nvidia-persistenced nvidia-powerd",
                    "Before a hold",
                )
                .advice("Better have vga-stub claim the card at boot.")
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", function.name),
                    "DRIVER=nvidia",
                )
                .seen("/sys/module/nvidia_drm/parameters/modeset", modeset),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().lost("0000:01:00.0", "nvidia"),
    level: Level::Warn,
    says: "NVIDIA's driver has 01:00.0",
    near: || good().lost("0000:01:00.0", "nouveau"),
};
