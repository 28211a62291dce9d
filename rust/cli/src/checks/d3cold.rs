// SPDX-License-Identifier: GPL-2.0

//! The card has no power.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "d3cold",
    aliases: &[],
    title: "the card's power",
    about: "In D3cold the slot's power is off. Some machines do not get it back on: \
             \"Unable to change power state from D3cold to D0, device inaccessible\". \
             Held cards never go deeper than D3hot; vfio-pci lets cards that no guest \
             uses go to D3cold, unless its option disable_idle_d3=1 is set.",
    sources: &[
        "Documentation/power/pci.rst",
        "kata-containers#11708",
        "drivers/vfio/pci/vfio_pci.c, disable_idle_d3",
    ],
    log: &[
        "Unable to change power state from D3cold",
        "after resume; giving up",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.named() {
        for function in &card.functions {
            let cold = function
                .details
                .power
                .known()
                .is_some_and(|power| power == "D3cold");
            let line = host
                .system
                .logged(&[&function.name, "D3cold", "nable to change power state"])
                .or_else(|| {
                    host.system
                        .logged(&[&function.name, "after resume; giving up"])
                });
            if !cold && line.is_none() {
                continue;
            }
            let mut finding = match line {
                Some(line) => fail(
                    *function,
                    format!("{} could not get its power back", function.short()),
                )
                .seen("kernel log", line),
                None => warn(
                    *function,
                    format!("{} is without power (D3cold)", function.short()),
                ),
            };
            if cold {
                finding = finding.seen(
                    format!("/sys/bus/pci/devices/{}/power_state", function.name),
                    "D3cold",
                );
            }
            found.push(
                finding
                    .command(
                        format!(
                            "echo 0 > /sys/bus/pci/devices/{}/d3cold_allowed",
                            function.name
                        ),
                        "Keep it from D3cold, from now on",
                    )
                    .command(
                        "echo options vfio_pci disable_idle_d3=1 > \
             /etc/modprobe.d/vfio-power.conf",
                        "The same for all cards at vfio-pci",
                    )
                    .reboot()
                    .advice(
                        "If it does not come back: remove and rescan it in sysfs, or switch the \
             machine off.",
                    ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .driver("0000:01:00.0", "vfio-pci")
            .pci("0000:01:00.0", "power_state", "D3cold\n")
    },
    level: Level::Warn,
    says: "01:00.0 is without power (D3cold)",
    near: || good().pci("0000:01:00.0", "power_state", "D3hot\n"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_says_so() {
        let machine = good().query(
            "kernel-log",
            "vfio-pci 0000:01:00.0: Unable to change power state from D3cold to D0, \
             device inaccessible\n",
        );
        assert_eq!(
            run(&machine.host())[0].summary,
            "01:00.0 could not get its power back"
        );
    }
}
