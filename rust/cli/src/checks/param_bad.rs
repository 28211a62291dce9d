// SPDX-License-Identifier: GPL-2.0

//! An entry of ids= or devices= cannot be used.

use super::prelude::*;
use vga_stub_core::{
    capture,
    devices,
    ids::{
        self,
        BadEntry, //
    }, //
};

pub(super) const CHECK: Check = Check {
    id: "param-bad",
    aliases: &[],
    title: "parameters that can be read",
    about: "The module reports an entry of ids= or devices= that it cannot use, and \
             goes on with the others: a card that the entry meant is not held. A \
             parameter in modprobe.d or on the kernel's command line has 1023 bytes \
             at most.",
    sources: &[
        "kernel/params.c, param_set_copystring()",
        "rust/core/src/ids.rs",
        "rust/core/src/devices.rs",
    ],
    log: &["[param-bad]", "= entry "],
    run,
};

/// Returns what is wrong with entries.
fn wrong<'a, T>(entries: impl Iterator<Item = Result<T, BadEntry<'a>>>) -> Vec<String> {
    entries
        .filter_map(|entry| entry.err().map(|bad| bad.to_string()))
        .collect()
}

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    let loaded = host.selection.loaded.known();
    let mut seen: Vec<(&str, &str)> = vec![];
    for parameters in loaded.into_iter().chain([&host.selection.configured]) {
        for (name, text) in [
            ("ids", &parameters.ids),
            ("devices", &parameters.devices),
            ("rom", &parameters.rom),
        ] {
            if seen.contains(&(name, text.text.trim())) {
                continue;
            }
            seen.push((name, text.text.trim()));
            let bytes = text.text.as_bytes();
            let bad: Vec<_> = match name {
                "ids" => wrong(ids::parse(bytes)),
                "devices" => wrong(devices::parse(bytes)),
                _ => wrong(capture::parse(bytes)),
            };
            for bad in bad {
                found.push(
                    fail(Subject::Boot, bad)
                        .detail("The other entries work.")
                        .advice(format!("Correct it in {}.", text.place))
                        .reboot()
                        .seen(text.place.clone(), text.text.clone()),
                );
            }
            if bytes.len() > 1023 {
                found.push(
                    fail(
                        Subject::Boot,
                        format!("{name}= has {} bytes; the kernel takes 1023", bytes.len()),
                    )
                    .advice("Use * for all functions of a slot, or name fewer cards.")
                    .seen(text.place.clone(), format!("{} bytes", bytes.len())),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().file("/sys/module/vga_stub/parameters/ids", "10de:2684,10de:zz\n"),
    level: Level::Fail,
    says: "ids= entry 2 \"10de:zz\" at character 16",
    near: || {
        good().file(
            "/sys/module/vga_stub/parameters/ids",
            "10de:2684,,10de:22ba\n",
        )
    },
};
