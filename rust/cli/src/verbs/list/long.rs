// SPDX-License-Identifier: GPL-2.0

//! All that is known of a function, as text.

use std::fmt::Write;

use super::guests_of;
use crate::{
    facts::{
        Datum,
        Function,
        Host, //
    },
    text::escape::printable, //
};

/// Returns it.
pub(super) fn text(host: &Host, function: &Function) -> String {
    let mut out = format!("{}  {}\n", function.short(), printable(&function.words()));
    let mut line = |label: &str, text: String| {
        // Writing to a String does not fail.
        let _ = writeln!(out, "  {label:<10}{}", printable(&text));
    };
    line(
        "ids",
        format!("{}, class {:06x}", function.ids(), function.identity.class),
    );
    line("place", function.place(true));
    let named = function
        .named
        .map(|named| format!("named by {}=", named.parameter()));
    let named = named.unwrap_or_else(|| "not named to vga-stub".into());
    line("state", format!("{}, {named}", function.state()));
    line("driver", or(&function.driver, "none", Clone::clone));
    line("group", group(host, function));
    if !function.host_drivers.is_empty() {
        line(
            "host's",
            format!(
                "{} would have it by itself",
                function.host_drivers.join(", ")
            ),
        );
    }
    if let Datum::Known(claimed) = &function.claimed {
        let source = or(&claimed.rom_source, "?", Clone::clone);
        let status = or(&claimed.rom_status, "?", Clone::clone);
        let size = match &claimed.rom {
            Datum::Known(rom) => format!(", {} bytes", rom.len()),
            Datum::Absent => String::new(),
            Datum::Unreadable(needs) => format!(" (to read it takes {needs})"),
        };
        line("ROM", format!("source {source}, status {status}{size}"));
        if let Datum::Known(legacy) = &claimed.legacy {
            line("legacy", legacy.clone());
        }
    }
    let details = &function.details;
    line(
        "reset",
        or(&details.reset, "no way to reset it", |ways| {
            if ways.is_empty() {
                "no way to reset it".into()
            } else {
                ways.join(", ")
            }
        }),
    );
    let runtime = or(&details.runtime, "?", Clone::clone);
    line(
        "power",
        format!("{}, {runtime}", or(&details.power, "?", Clone::clone)),
    );
    for bar in details.bars.known().into_iter().flatten() {
        let name = if bar.index == 6 {
            "ROM BAR".to_owned()
        } else {
            format!("BAR {}", bar.index)
        };
        let kind = if bar.flags & 0x100 != 0 {
            "I/O"
        } else {
            "memory"
        };
        let resizable = if details.resizable().contains(&bar.index) {
            ", can be resized"
        } else {
            ""
        };
        line(
            "",
            format!("{name}: {} of {kind}{resizable}", size(bar.size)),
        );
    }
    if details.boot_vga.known() == Some(&true) {
        line("boot", "the machine booted with it".into());
    }
    let screens = host.screens(function);
    if !screens.is_empty() {
        line("screens", screens.join(", "));
    }
    let mut users = guests_of(host, function);
    users.extend(
        host.users(function)
            .iter()
            .filter(|user| !user.file.starts_with("/dev/vfio/"))
            .map(|user| format!("{} ({})", user.name, user.pid)),
    );
    match host.system.users.needs() {
        Some(needs) => line("in use", format!("not known: it takes {needs}")),
        None if users.is_empty() => line("in use", "by nobody that can be seen".into()),
        None => line("in use", format!("by {}", users.join(", "))),
    }
    out
}

/// Returns a datum in words.
fn or<T>(datum: &Datum<T>, absent: &str, text: impl Fn(&T) -> String) -> String {
    match datum {
        Datum::Known(value) => text(value),
        Datum::Absent => absent.into(),
        Datum::Unreadable(needs) => format!("not known: it takes {needs}"),
    }
}

/// Returns a function's group in words.
fn group(host: &Host, function: &Function) -> String {
    let number = match &function.group {
        Datum::Known(number) => number,
        Datum::Absent => return "none: no IOMMU has it".into(),
        Datum::Unreadable(needs) => return format!("not known: it takes {needs}"),
    };
    let members = host
        .group(function)
        .map(|group| group.members.as_slice())
        .unwrap_or_default();
    let others: Vec<_> = members
        .iter()
        .filter(|name| **name != function.name)
        .map(|name| name.strip_prefix("0000:").unwrap_or(name))
        .collect();
    if others.is_empty() {
        format!("{number}, by itself")
    } else {
        format!("{number}, with {}", others.join(", "))
    }
}

/// Returns a size with its unit.
fn size(bytes: u64) -> String {
    for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
        if bytes >> shift > 0 && bytes & ((1 << shift) - 1) == 0 {
            return format!("{} {unit}", bytes >> shift);
        }
    }
    format!("{bytes} bytes")
}
