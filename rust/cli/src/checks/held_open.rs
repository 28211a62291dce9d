// SPDX-License-Identifier: GPL-2.0

//! A process has a card open that is to be taken from its driver.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "held-open",
    aliases: &[],
    title: "programs that use the card",
    about: "A display server, a sound server or a compute job has the card open. \
             Taking the card away from its driver then hangs the driver or the \
             program, sometimes until the next reboot; vga-stub hold refuses. Tools \
             of the makers do not show all users: a compositor keeps cards open on \
             which it draws nothing.",
    sources: &[
        "Documentation/gpu/drm-uapi.rst, Device Hot-Unplug",
        "vfio-gpu-configs#1",
        "gpu-passthrough-tutorial#22",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .functions
            .iter()
            .filter(|function| function.is_display())
        {
            if function.host_driver().is_none() {
                continue;
            }
            if let Some(needs) = host.system.users.needs() {
                found.push(unknown(
                    *function,
                    format!("who has {} open", function.short()),
                    needs,
                ));
                continue;
            }
            let users = host.users(function);
            if users.is_empty() {
                continue;
            }
            let names: Vec<_> = users
                .iter()
                .map(|user| format!("{} ({})", user.name, user.pid))
                .collect();
            let files: Vec<_> = users
                .iter()
                .map(|user| format!("{} {}", user.pid, user.file))
                .collect();
            found.push(
                warn(
                    *function,
                    format!("{} is open in {}", function.short(), names.join(", ")),
                )
                .detail("Taking the card from its driver now would hang; vga-stub hold refuses.")
                .advice(
                    "Log out of the desktop, or tell the compositor to leave the card alone, \
             or have vga-stub claim the card at boot.",
                )
                .seen("/proc/*/fd", files.join(", ")),
            );
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
                "/sys/class/drm/renderD129",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/renderD129",
            )
            .query("open-files", "2143\tgnome-shell\t/dev/dri/renderD129\n")
    },
    level: Level::Warn,
    says: "01:00.0 is open in gnome-shell (2143)",
    near: || {
        good()
            .lost("0000:01:00.0", "nouveau")
            .query("open-files", "2143\tgnome-shell\t/dev/dri/card0\n")
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_maker() {
        let machine = good()
            .lost("0000:01:00.0", "nvidia")
            .file(
                "/proc/driver/nvidia/gpus/0000:01:00.0/information",
                "Model: \t X\nGPU UUID: \t GPU-1\nDevice Minor: \t 0\n",
            )
            .query("open-files", "77\tnvidia-persiste\t/dev/nvidia0\n");
        let found = run(&machine.host());
        assert_eq!(found[0].summary, "01:00.0 is open in nvidia-persiste (77)");
    }
}
