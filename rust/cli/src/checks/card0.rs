// SPDX-License-Identifier: GPL-2.0

//! Programs look for a card that has another number.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "card0",
    aliases: &[],
    title: "numbers of the host's cards",
    about: "DRM numbers cards as their drivers come. While the first one is held \
             there may be no card0, or the host's card may be card1, and what names \
             /dev/dri/card0 finds nothing. /dev/dri/by-path has names that stay.",
    sources: &["drivers/gpu/drm/drm_drv.c", "pop-os/cosmic-comp#1545"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let Datum::Known(displays) = &host.system.displays else {
        return vec![];
    };
    let mut found = vec![];
    for line in &host.config.environment {
        let parts = line.text.split(|c: char| "=:\"' ".contains(c));
        let missing: Vec<_> = parts
            .filter(|part| {
                part.strip_prefix("/dev/dri/card").is_some_and(|number| {
                    !displays
                        .iter()
                        .any(|display| display.name == format!("card{number}"))
                })
            })
            .collect();
        if let (Some(name), Some(first)) = (
            missing.first(),
            displays
                .iter()
                .find_map(|display| display.function.as_ref()),
        ) {
            found.push(
                warn(
                    Subject::Machine,
                    format!("{} names {name}, which is not there", line.place()),
                )
                .advice(format!(
                    "Name the card by its place: /dev/dri/by-path/pci-{first}-card"
                ))
                .seen(line.place(), line.text.clone())
                .seen(
                    "/sys/class/drm",
                    displays
                        .iter()
                        .map(|display| display.name.as_str())
                        .collect::<Vec<_>>()
                        .join(" "),
                ),
            );
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/etc/environment", "WLR_DRM_DEVICES=/dev/dri/card1\n"),
    level: Level::Warn,
    says: "/etc/environment:1 names /dev/dri/card1, which is not there",
    near: || good().file("/etc/environment", "WLR_DRM_DEVICES=/dev/dri/card0\n"),
};
