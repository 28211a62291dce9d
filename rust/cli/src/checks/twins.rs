// SPDX-License-Identifier: GPL-2.0

//! ids= takes both of two equal cards.

use super::prelude::*;
use vga_stub_core::ids;

pub(super) const CHECK: Check = Check {
    id: "twins",
    aliases: &["q6"],
    title: "equal cards",
    about: "Two cards of one model have the same IDs. ids= takes both, the host's \
             too. devices= names a card by its place, and can tell them apart: \
             vga-stub setup writes it.",
    sources: &[
        "truenas/middleware#11397",
        "Documentation/admin-guide.rst, Choosing cards",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    let vga_stub = &host.selection.now().ids;
    let vfio = host
        .system
        .vfio_ids
        .known()
        .map(|text| ("/sys/module/vfio_pci/parameters/ids", text));
    for (place, text) in [(vga_stub.place.as_str(), &vga_stub.text)]
        .into_iter()
        .chain(vfio)
    {
        for id in ids::parse(text.as_bytes()).filter_map(Result::ok) {
            let taken: Vec<_> = host
                .functions()
                .iter()
                .filter(|function| function.is_display() && id.matches(&function.identity))
                .collect();
            let equal = taken.iter().any(|one| {
                taken
                    .iter()
                    .any(|other| one.slot() != other.slot() && one.identity == other.identity)
            });
            if equal {
                let names: Vec<_> = taken.iter().map(|function| function.short()).collect();
                found.push(
                    warn(
                        Subject::Boot,
                        format!("ids= takes {}: they are equal", names.join(" and ")),
                    )
                    .command(
                        format!(
                            "vga-stub setup {} --apply",
                            taken
                                .first()
                                .map(|function| function.slot().to_string())
                                .unwrap_or_default()
                        ),
                        "Name the one that is meant by its place, and take it out of ids=",
                    )
                    .reboot()
                    .seen(place, text.clone()),
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
            .card("0000:02:00.0", "00:02.0", "10de", "2684", "030000")
            .file("/sys/module/vga_stub/parameters/ids", "10de:2684\n")
    },
    level: Level::Warn,
    says: "ids= takes 01:00.0 and 02:00.0",
    near: || good().card("0000:02:00.0", "00:02.0", "10de", "2684", "030000"),
};
