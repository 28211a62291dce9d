// SPDX-License-Identifier: GPL-2.0

//! Another tool claims the same card.

use super::prelude::*;
use vga_stub_core::ids;

pub(super) const CHECK: Check = Check {
    id: "rival",
    aliases: &[],
    title: "other tools that claim the card",
    about: "vfio-pci.ids=, pci-stub.ids=, driverctl and other tools bind cards, too. \
             If two claim one card, the one that is loaded first has it, which may \
             change from boot to boot. With vga-stub the others are not needed: \
             remove them for cards that vga-stub holds.",
    sources: &[
        "drivers/vfio/pci/vfio_pci.c, vfio_pci_fill_ids()",
        "driverctl(8)",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    let cards = host.named();
    let named: Vec<_> = cards
        .iter()
        .flat_map(|card| &card.functions)
        .filter(|function| function.named.is_some())
        .collect();
    for module in ["vfio_pci", "pci_stub"] {
        let option = host.config.option(module, "ids");
        let ids: Vec<_> = ids::parse(option.text.as_bytes())
            .filter_map(Result::ok)
            .collect();
        if let Some(function) = named
            .iter()
            .find(|function| ids.iter().any(|id| id.matches(&function.identity)))
        {
            let place = if option.place == "/proc/cmdline" {
                let word = host
                    .config
                    .words()
                    .iter()
                    .find(|word| word.contains(&option.text));
                word.and_then(|word| host.config.configured(word))
                    .map_or_else(|| "the kernel's command line".into(), |line| line.place())
            } else {
                option.place.clone()
            };
            found.push(
                warn(
                    Subject::from(**function),
                    format!(
                        "{} also claims {}",
                        module.replace('_', "-"),
                        function.short()
                    ),
                )
                .detail("Whichever is loaded first has the card.")
                .advice(format!(
                    "Remove ids= of {} from {place}.",
                    module.replace('_', "-")
                ))
                .reboot()
                .seen(option.place, format!("ids={}", option.text)),
            );
        }
    }
    for line in &host.config.others {
        if line.text.contains("vga-stub") {
            continue;
        }
        let rival = |function: &&&&Function| {
            let of_driverctl =
                line.file.starts_with("/etc/driverctl.d/") && line.file.ends_with(&function.name);
            of_driverctl || line.text.contains(&function.ids())
        };
        if let Some(function) = named.iter().find(rival) {
            found.push(
                warn(
                    Subject::from(**function),
                    format!("{} also claims {}", line.file, function.short()),
                )
                .detail("Whichever is loaded first has the card.")
                .advice(format!("Remove it from {}.", line.place()))
                .reboot()
                .seen(line.place(), line.text.clone()),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .file("/proc/cmdline", "quiet vfio-pci.ids=10de:2684,10de:22ba\n")
            .file(
                "/etc/default/grub",
                "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet vfio-pci.ids=10de:2684,10de:22ba\"\n",
            )
    },
    level: Level::Warn,
    says: "vfio-pci also claims 01:00.0",
    near: || {
        good()
            .file("/proc/cmdline", "quiet vfio-pci.ids=1002:744c\n")
            .file("/etc/driverctl.d/pci-0000:05:00.0", "vfio-pci\n")
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_to_change_is_named() {
        let found = run(&(CASE.bad)().host());
        assert_eq!(
            found[0].remedy[0].text,
            "Remove ids= of vfio-pci from /etc/default/grub:1."
        );
    }

    #[test]
    fn driverctl() {
        let found = run(&good()
            .file("/etc/driverctl.d/pci-0000:01:00.0", "vfio-pci\n")
            .host());
        assert_eq!(
            found[0].summary,
            "/etc/driverctl.d/pci-0000:01:00.0 also claims 01:00.0"
        );
    }
}
