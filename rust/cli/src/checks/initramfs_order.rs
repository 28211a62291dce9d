// SPDX-License-Identifier: GPL-2.0

//! The initramfs loads a host's driver before vga-stub.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "initramfs-order",
    aliases: &[],
    title: "the order of modules in the initramfs",
    about: "mkinitcpio and dracut can load display drivers early, for a boot screen: \
             mkinitcpio by its hook kms and by MODULES, dracut by force_drivers. \
             vga-stub has to come before: its hook before udev and kms, and no driver \
             of the card in those lists.",
    sources: &[
        "mkinitcpio.conf(5)",
        "dracut.conf(5)",
        "archlinux/mkinitcpio#95",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut drivers: Vec<&str> = vec![];
    for card in host.named() {
        drivers.extend(
            card.functions
                .iter()
                .flat_map(|function| &function.host_drivers)
                .map(String::as_str),
        );
    }
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| c.is_whitespace() || "()=+\"'".contains(c));
        parts
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let mut found = vec![];
    let mut early = |line: &crate::facts::config::Line, what: String, advice: String| {
        found.push(
            warn(Subject::Boot, what)
                .advice(advice)
                .reboot()
                .seen(line.place(), line.text.clone()),
        );
    };
    for line in &host.config.mkinitcpio {
        let words = words(&line.text);
        let at = |name: &str| words.iter().position(|word| word == name);
        if words.first().is_some_and(|first| first == "HOOKS") && !drivers.is_empty() {
            let first = at("udev")
                .into_iter()
                .chain(at("kms"))
                .chain(at("systemd"))
                .min();
            if let (Some(ours), Some(first)) = (at("vga-stub"), first) {
                if ours > first {
                    early(
                        line,
                        format!("{}: vga-stub comes after {}", line.place(), words[first]),
                        "Put vga-stub before udev, systemd and kms in HOOKS, then: mkinitcpio -P"
                            .into(),
                    );
                }
            }
        } else if words.first().is_some_and(|first| first == "MODULES") {
            let ours = at("vga_stub").unwrap_or(usize::MAX);
            if let Some(driver) = drivers
                .iter()
                .find(|driver| at(driver).is_some_and(|at| at < ours))
            {
                early(
                    line,
                    format!("{}: {driver} is loaded before vga_stub", line.place()),
                    format!("Remove {driver} from MODULES, then: mkinitcpio -P"),
                );
            }
        }
    }
    for line in &host.config.dracut {
        let words = words(&line.text);
        if words
            .first()
            .is_some_and(|first| first.starts_with("force_drivers"))
        {
            let at = |name: &str| words.iter().position(|word| word == name);
            let ours = at("vga_stub").unwrap_or(usize::MAX);
            if let Some(driver) = drivers
                .iter()
                .find(|driver| at(driver).is_some_and(|at| at < ours))
            {
                early(
                    line,
                    format!("{}: {driver} is loaded before vga_stub", line.place()),
                    format!("Remove {driver} from force_drivers, then: dracut --force"),
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
            "/etc/mkinitcpio.conf",
            "MODULES=()\nHOOKS=(base udev kms vga-stub block)\n",
        )
    },
    level: Level::Warn,
    says: "/etc/mkinitcpio.conf:2: vga-stub comes after udev",
    near: || {
        good().file(
            "/etc/mkinitcpio.conf",
            "MODULES=(i915)\nHOOKS=(base vga-stub udev kms block)\n",
        )
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drivers_that_are_forced() {
        let says = |machine: crate::facts::testing::Machine| {
            run(&machine.host())
                .into_iter()
                .map(|finding| finding.summary)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            says(good().file("/etc/mkinitcpio.conf", "MODULES=(nouveau vga_stub)\n")),
            ["/etc/mkinitcpio.conf:1: nouveau is loaded before vga_stub"]
        );
        assert_eq!(
            says(good().file(
                "/etc/dracut.conf.d/a.conf",
                "force_drivers+=\" nouveau \"\n"
            )),
            ["/etc/dracut.conf.d/a.conf:1: nouveau is loaded before vga_stub"]
        );
        assert!(says(good().file(
            "/etc/dracut.conf.d/a.conf",
            "force_drivers+=\" vga_stub nouveau \"\n"
        ))
        .is_empty());
    }
}
