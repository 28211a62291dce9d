// SPDX-License-Identifier: GPL-2.0

//! Nobody, or another device, is at a place that devices= names.

use super::prelude::*;
use vga_stub_core::devices::{self, Fit};

pub(super) const CHECK: Check = Check {
    id: "place-moved",
    aliases: &[],
    title: "places that devices= names",
    about: "devices= names cards by their places. Bus numbers change when hardware \
             is added: an entry that starts with the bus of a slot can then mean \
             another device, one that goes down from a root port stays right. With \
             =vendor:device an entry means only a device with those IDs, so that \
             another one at that place is never held.",
    sources: &[
        "Documentation/admin-guide.rst, Choosing cards",
        "QubesOS/qubes-issues#7792",
    ],
    log: &[
        "[place-moved]",
        "devices= wants other IDs here",
        "is for no device that is there now",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(functions) = &host.pci.functions else {
        return vec![];
    };
    let text = &host.selection.now().devices;
    let mut found = vec![];
    for place in devices::parse(text.text.as_bytes()).filter_map(Result::ok) {
        let fit = |function: &Function| {
            place.fit(
                function.route.iter().copied(),
                (function.identity.vendor, function.identity.device),
            )
        };
        let at: Vec<_> = functions
            .iter()
            .filter(|function| fit(function) != Fit::Elsewhere)
            .collect();
        // What could not be read may be the one that is wanted.
        if at
            .iter()
            .any(|function| fit(function) == Fit::Named || function.identity.vendor == 0)
        {
            continue;
        }
        let entry = String::from_utf8_lossy(place.text).into_owned();
        let shown = entry.split('=').next().unwrap_or_default().to_owned();
        let wanted = entry
            .split_once('=')
            .map(|(_, ids)| ids.trim().to_ascii_lowercase());
        let moved = functions
            .iter()
            .find(|function| Some(function.ids()) == wanted);
        let (summary, level) = match (at.first(), &wanted) {
            (Some(other), Some(wanted)) => (
                format!(
                    "the place {shown} has {} {}, and {wanted} is wanted",
                    other.ids(),
                    other.words()
                ),
                true,
            ),
            _ => (
                format!("nobody is at the place {shown}, which devices= names"),
                false,
            ),
        };
        let mut finding = if level {
            fail(Subject::Boot, summary)
        } else {
            warn(Subject::Boot, summary)
        };
        finding = finding
            .detail("Nothing is held by this entry.")
            .seen(text.place.clone(), entry);
        found.push(match moved {
            Some(function) => finding
                .seen(
                    format!("/sys/bus/pci/devices/{}/uevent", function.name),
                    format!("PCI_ID={}", function.ids()),
                )
                .command(
                    format!("vga-stub setup {} --apply", function.slot()),
                    format!(
                        "The device with these IDs is at {} now",
                        function.place(true)
                    ),
                )
                .reboot(),
            None => finding.advice(
                "A card that is plugged in there later is held. vga-stub list shows what \
             is there now.",
            ),
        });
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().file(
            "/sys/module/vga_stub/parameters/devices",
            "00:01.0/00.*,00:02.0=10de:2684\n",
        )
    },
    level: Level::Fail,
    says: "the place 00:02.0 has 8086:a780 Intel Raptor Lake-S GT1 [UHD Graphics \
             770], and 10de:2684 is wanted",
    near: || {
        good().file(
            "/sys/module/vga_stub/parameters/devices",
            "00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba\n",
        )
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_where_nobody_is() {
        let machine = good().file(
            "/sys/module/vga_stub/parameters/devices",
            "00:01.0/00.*,07:00.0\n",
        );
        let found = run(&machine.host());
        assert_eq!(
            found[0].summary,
            "nobody is at the place 07:00.0, which devices= names"
        );
        assert_eq!(found[0].level, Level::Warn);
    }
}
