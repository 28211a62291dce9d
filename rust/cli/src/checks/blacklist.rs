// SPDX-License-Identifier: GPL-2.0

//! A driver is blacklisted that the host's own card needs.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "blacklist",
    aliases: &[],
    title: "drivers that are blacklisted",
    about: "A blacklist line keeps a driver away from all cards, the host's own one \
             as well. With two cards of one maker the host has no picture then. \
             vga-stub takes single cards; no driver has to be blacklisted for it.",
    sources: &["modprobe.d(5)", "ipaqmaster/vfio"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.cards() {
        for function in card
            .displays()
            .filter(|function| function.named.is_none() && function.driver.is_absent())
        {
            for line in &host.config.modprobe {
                let module = match (line.about("blacklist"), line.about("install")) {
                    (Some((module, _)), _) => module,
                    (_, Some((module, command)))
                        if command.ends_with("/false") || command.ends_with("/true") =>
                    {
                        module
                    }
                    _ => continue,
                };
                if function
                    .host_drivers
                    .iter()
                    .any(|driver| crate::facts::bits::same_module(driver, module))
                {
                    found.push(
                        warn(
                            function,
                            format!(
                                "{} takes {module} from the host's own card {}",
                                line.place(),
                                function.short()
                            ),
                        )
                        .advice(format!(
                            "Remove the line: vga-stub does not need it. Then load {module}."
                        ))
                        .reboot()
                        .seen(line.place(), line.text.clone())
                        .seen(
                            format!("/sys/bus/pci/devices/{}/uevent", function.name),
                            "no DRIVER",
                        ),
                    );
                }
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .driver("0000:00:02.0", "")
            .file("/etc/modprobe.d/b.conf", "blacklist i915\n")
    },
    level: Level::Warn,
    says: "/etc/modprobe.d/b.conf:1 takes i915 from the host's own card 00:02.0",
    near: || {
        good().file(
            "/etc/modprobe.d/b.conf",
            "blacklist i915\nblacklist nouveau\n",
        )
    },
};
