// SPDX-License-Identifier: GPL-2.0

//! The card cannot be reset.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "no-reset",
    aliases: &[],
    title: "a way to reset the card",
    about: "Between guests a card has to be reset, so that the next one finds it as \
             after power-on. Without any method a guest can have it once for each \
             boot of the host, and a guest that is killed leaves it as it is.",
    sources: &[
        "Documentation/ABI/testing/sysfs-bus-pci, reset_method",
        "QubesOS/qubes-issues#10885",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for card in host.targets() {
        let Some(function) = card.displays().next() else {
            continue;
        };
        match &function.details.reset {
            Datum::Known(ways) if !ways.is_empty() => {
                found.push(fine(function, format!("resets: {}", ways.join(", "))).headline())
            }
            Datum::Unreadable(needs) => found.push(unknown(
                function,
                format!("whether {} can be reset", function.short()),
                needs.clone(),
            )),
            _ => found.push(
                warn_if(
                    card.is_named(),
                    function,
                    format!(
                        "{} cannot be reset: one guest for each boot of the host",
                        function.short()
                    ),
                )
                .advice("Shut guests down; do not kill them.")
                .seen(
                    format!("/sys/bus/pci/devices/{}/reset_method", function.name),
                    "no method",
                ),
            ),
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().gone("/sys/bus/pci/devices/0000:01:00.0/reset_method"),
    level: Level::Warn,
    says: "01:00.0 cannot be reset",
    near: || good().pci("0000:01:00.0", "reset_method", "bus\n"),
};
