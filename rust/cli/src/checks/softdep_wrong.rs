// SPDX-License-Identifier: GPL-2.0

//! A softdep line names what does not exist, or one is missing.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "softdep-wrong",
    aliases: &[],
    title: "softdep lines for the host's drivers",
    about: "A line \"softdep DRIVER pre: vga_stub\" in modprobe.d makes modprobe \
             load vga_stub before the driver. The names have to be those of modules; \
             patterns are not read. A card that ids= names needs such a line for each \
             driver that the host has for it; one that devices= names is reserved as \
             soon as the module is loaded.",
    sources: &["modprobe.d(5)", "Single-GPU-Passthrough#19"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    let ours = |rest: &str| {
        rest.split_whitespace()
            .any(|word| crate::facts::bits::same_module(word, "vga_stub"))
    };
    let lines: Vec<_> = host
        .config
        .modprobe
        .iter()
        .filter_map(|line| {
            line.about("softdep")
                .map(|(module, rest)| (line, module, rest))
        })
        .filter(|(_, _, rest)| ours(rest))
        .collect();
    for (line, module, _) in &lines {
        // The package's own file has every driver of the day, and no kernel has them all.
        let packaged = line.file.ends_with("/vga-stub.conf");
        if !packaged && host.kernels.has(module) == Some(false) {
            found.push(
                warn(
                    Subject::Boot,
                    format!(
                        "{} names {module}, which is no module of this kernel",
                        line.place()
                    ),
                )
                .advice("Write the module's exact name; lspci -k shows it.")
                .seen(line.place(), line.text.clone())
                .seen("modules.dep", format!("no {module}")),
            );
        }
    }
    for card in host.named() {
        for function in &card.functions {
            let Some(driver) = function.host_driver() else {
                continue;
            };
            let by_ids = matches!(function.named, Some(crate::facts::selection::Named::Ids(_)));
            let module = function
                .host_drivers
                .iter()
                .find(|module| host.kernels.is_builtin(module) == Some(false));
            let Some(module) = module else { continue };
            if by_ids
                && !lines
                    .iter()
                    .any(|(_, name, _)| crate::facts::bits::same_module(name, module))
            {
                let summary = format!(
                    "{module} is loaded for {}, and no softdep line puts vga_stub before it",
                    function.short()
                );
                let line = format!("softdep {module} pre: vga_stub");
                let command = format!("echo {line} >> /etc/modprobe.d/vga-stub-softdep.conf");
                let uevent = format!("/sys/bus/pci/devices/{}/uevent", function.name);
                found.push(
                    warn(*function, summary)
                        .command(command, "Then make the initramfs anew")
                        .reboot()
                        .seen(uevent, format!("DRIVER={driver}")),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/etc/modprobe.d/mine.conf",
            "softdep nvidia* pre: vga_stub\n",
        )
    },
    level: Level::Warn,
    says: "/etc/modprobe.d/mine.conf:1 names nvidia*, which is no module of this \
             kernel",
    near: || {
        good().file(
            "/etc/modprobe.d/mine.conf",
            "softdep nouveau pre: vga-stub\nsoftdep nonsense pre: other\n",
        )
    },
};
