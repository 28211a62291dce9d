// SPDX-License-Identifier: GPL-2.0

//! The module is not loaded.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "not-loaded",
    aliases: &[],
    title: "the module vga_stub",
    about: "vga-stub is a kernel module. It holds the cards that its parameters ids= \
             and devices= name, from the moment it is loaded. It may not be built for \
             the running kernel (dkms-kernel), may be refused (secure-boot), or may \
             just not have been asked for.",
    sources: &["Documentation/install.rst"],
    log: &["Key was rejected by service", "module verification failed"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    match &host.selection.loaded {
        Datum::Known(_) => {
            let version = host
                .selection
                .version
                .known()
                .map(|version| format!(" {version}"))
                .unwrap_or_default();
            return vec![fine(Subject::Boot, format!("vga_stub{version} is loaded"))];
        }
        Datum::Unreadable(needs) => {
            return vec![unknown(
                Subject::Boot,
                "whether the module is loaded",
                needs.clone(),
            )]
        }
        Datum::Absent => {}
    }
    let configured = !host.selection.configured.is_empty();
    let summary = "the module vga_stub is not loaded";
    let mut finding = if configured {
        fail(Subject::Boot, summary)
    } else {
        info(Subject::Boot, summary)
    };
    finding = finding.seen("/sys/module/vga_stub", "is not there");
    if configured {
        let place = [
            &host.selection.configured.devices,
            &host.selection.configured.ids,
        ];
        let place = place.into_iter().find(|text| !text.text.is_empty());
        finding = finding.seen(
            place.map(|text| text.place.clone()).unwrap_or_default(),
            place.map(|text| text.text.clone()).unwrap_or_default(),
        );
    }
    let kernel = host.kernels.current();
    vec![match kernel.map(|kernel| &kernel.module) {
        Some(Datum::Known(path)) => finding.seen("modules.dep", path.clone()).command(
            "modprobe vga_stub",
            "It is built for this kernel: load it; an error of modprobe says more",
        ),
        Some(Datum::Absent) => finding.seen("modules.dep", "no vga_stub").advice(
            "It is not built for the running kernel: Documentation/install.rst has \
             how to install it.",
        ),
        _ => finding.advice("Documentation/install.rst has how to install it."),
    }]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().gone("/sys/module/vga_stub"),
    level: Level::Fail,
    says: "the module vga_stub is not loaded",
    near: || good().gone("/sys/module/vga_stub/parameters/ids"),
};
