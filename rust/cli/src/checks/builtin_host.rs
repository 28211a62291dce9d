// SPDX-License-Identifier: GPL-2.0

//! The host's driver is built into the kernel.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "builtin-host",
    aliases: &[],
    title: "drivers of the host that are modules",
    about: "A driver that is built into the kernel is there before any module. It \
             takes the card before vga-stub is loaded; softdep lines and an early \
             place in the initramfs have no effect on it. vga-stub hold takes the \
             card after the boot; or use a kernel that has the driver as a module.",
    sources: &[
        "Documentation/kbuild/kbuild.rst, modules.builtin",
        "64kramsystem/vga-passthrough#34",
    ],
    log: &[
        "[builtin-host]",
        "which is built into the kernel and always first",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
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
            let modules = function
                .host_drivers
                .iter()
                .map(String::as_str)
                .chain([driver]);
            let built_in = modules
                .into_iter()
                .find(|module| host.kernels.is_builtin(module) == Some(true));
            if let Some(module) = built_in {
                found.push(
                    fail(
                        *function,
                        format!("{module} is built into this kernel and always first"),
                    )
                    .detail("Neither ids= nor softdep lines help against it.")
                    .command(
                        format!("vga-stub hold {}", function.short()),
                        "After each boot, or use a kernel that has it as a module",
                    )
                    .seen("modules.builtin", module)
                    .seen(
                        format!("/sys/bus/pci/devices/{}/uevent", function.name),
                        format!("DRIVER={driver}"),
                    ),
                );
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
            .builtin(&["kernel/drivers/gpu/drm/nouveau/nouveau.ko"])
    },
    level: Level::Fail,
    says: "nouveau is built into this kernel",
    near: || good().builtin(&["kernel/drivers/gpu/drm/nouveau/nouveau.ko"]),
};
