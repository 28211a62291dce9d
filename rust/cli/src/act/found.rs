// SPDX-License-Identifier: GPL-2.0

//! A machine as it was found: what a trial has to leave as it was.

use std::collections::BTreeMap;

use vga_stub_core::decode::is_vga_class;

use super::{
    Act,
    DEVICES, //
};
use crate::facts::{
    Datum,
    Host,
    Query, //
};

/// A function as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Function {
    /// The driver that had it.
    driver: Option<String>,
    /// Its override.
    driver_override: Datum<String>,
    /// `power/control`.
    power: Datum<String>,
    /// What of its configuration space stays the same by itself.
    config: Datum<Vec<u8>>,
}

/// A machine as it was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Found {
    /// The functions, by their addresses.
    functions: BTreeMap<String, Function>,
    /// What the arbiter has each VGA card decode and lock, by addresses.
    arbiter: BTreeMap<String, String>,
    /// The consoles on framebuffers that are bound.
    consoles: Vec<String>,
}

impl Found {
    /// Looks at some functions, and at all VGA cards.
    pub(super) fn read(host: &Host, names: &[String], act: &Act<'_>) -> Self {
        let source = act.hands.source();
        let function = |name: &String| {
            let base = format!("{DEVICES}/{name}");
            let driver = act.driver(name);
            let config = source.read(&format!("{base}/config"));
            let found = Function {
                driver_override: source.value(&format!("{base}/driver_override")),
                power: source.value(&format!("{base}/power/control")),
                config: config.map(|config| steady(config, driver.is_some())),
                driver,
            };
            (name.clone(), found)
        };
        let vga = host
            .functions()
            .iter()
            .filter(|function| is_vga_class(function.identity.class));
        let arbiter = vga.filter_map(|function| {
            let line = source.query(&Query::ArbiterOf(function.name.clone()));
            Some((function.name.clone(), part(line.known()?)))
        });
        Self {
            functions: names.iter().map(function).collect(),
            arbiter: arbiter.collect(),
            consoles: super::console::bound(host),
        }
    }

    /// Says what is not as it was.
    pub(super) fn differences(&self, now: &Self) -> Vec<String> {
        let mut found = Vec::new();
        let none = Function::default();
        for (name, was) in &self.functions {
            let is = now.functions.get(name).unwrap_or(&none);
            let mut say = |what: &str, was: String, is: String| {
                if was != is {
                    found.push(format!("{name}: {what} was {was}, is {is}"));
                }
            };
            let driver = |found: &Function| found.driver.clone().unwrap_or("none".into());
            say("the driver", driver(was), driver(is));
            let text = |datum: &Datum<String>| datum.known().cloned().unwrap_or("absent".into());
            say(
                "driver_override",
                text(&was.driver_override),
                text(&is.driver_override),
            );
            say("power/control", text(&was.power), text(&is.power));
            let (Datum::Known(before), Datum::Known(after)) = (&was.config, &is.config) else {
                if was.config != is.config {
                    found.push(format!("{name}: its configuration space cannot be read"));
                }
                continue;
            };
            for (at, (before, after)) in before.iter().zip(after).enumerate() {
                if before != after {
                    found.push(format!(
                        "{name}: byte {at:#x} of its configuration space was {before:02x}, is {after:02x}"
                    ));
                }
            }
        }
        for (card, was) in &self.arbiter {
            let is = now.arbiter.get(card).map_or("nothing", String::as_str);
            if is != was {
                found.push(format!("{card}: the arbiter had {was}, has {is}"));
            }
        }
        if self.consoles != now.consoles {
            found.push(format!(
                "consoles on framebuffers: were {}, are {}",
                self.consoles.join(" "),
                now.consoles.join(" ")
            ));
        }
        found
    }
}

/// Returns what the arbiter's line says of a card, without who owns the legacy ranges, which moves
/// with each request.
fn part(line: &str) -> String {
    let fields = line.split(',').map(str::trim);
    let fields =
        fields.filter(|field| field.starts_with("decodes=") || field.starts_with("locks="));
    fields.collect::<Vec<_>>().join(",")
}

/// Returns a configuration space without what hardware and drivers change by themselves: status
/// registers, interrupt messages. Bus master only counts where there is a driver: vga-stub does not
/// give it back where there was none.
fn steady(mut config: Vec<u8>, has_driver: bool) -> Vec<u8> {
    let byte = |config: &[u8], at: usize| config.get(at).copied().unwrap_or(0);
    let mut clear = Vec::new();
    clear.push(0x06..0x08);
    let mut at = usize::from(byte(&config, 0x34) & 0xfc);
    // There is room for 48 capabilities.
    for _ in 0..48 {
        if at < 0x40 {
            break;
        }
        match byte(&config, at) {
            // Power management: the status.
            0x01 => clear.push(at + 5..at + 6),
            // MSI: all but what it can do, and MSI-X: whether it is on.
            0x05 => clear.push(at + 2..at + 0x18),
            0x11 => clear.push(at + 2..at + 4),
            // PCI Express: the status of device, link and slot.
            0x10 => {
                clear.push(at + 0x0a..at + 0x0c);
                clear.push(at + 0x12..at + 0x14);
                clear.push(at + 0x1a..at + 0x1c);
            }
            _ => {}
        }
        at = usize::from(byte(&config, at + 1) & 0xfc);
    }
    let mut at = 0x100;
    // As many as fit into 4 KiB.
    for _ in 0..480 {
        let id = u16::from_le_bytes([byte(&config, at), byte(&config, at + 1)]);
        // Advanced error reporting.
        if id == 0x0001 {
            clear.push(at + 4..at + 8);
            clear.push(at + 0x10..at + 0x14);
            clear.push(at + 0x1c..at + 0x38);
        }
        let next = u16::from_le_bytes([byte(&config, at + 2), byte(&config, at + 3)]) >> 4;
        at = usize::from(next & 0xffc);
        if at < 0x100 {
            break;
        }
    }
    for byte in clear.into_iter().flatten() {
        if let Some(byte) = config.get_mut(byte) {
            *byte = 0;
        }
    }
    if let Some(command) = config.get_mut(4).filter(|_| !has_driver) {
        *command &= !0x04;
    }
    config
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_by_itself_does_not_count() {
        let mut config = vec![0; 4096];
        config[0x04] = 0x07;
        config[0x34] = 0x40;
        // MSI, then PCI Express, and AER.
        config[0x40..0x42].copy_from_slice(&[0x05, 0x60]);
        config[0x60..0x62].copy_from_slice(&[0x10, 0x00]);
        config[0x100..0x104].copy_from_slice(&[0x01, 0x00, 0x01, 0x00]);
        let before = steady(config.clone(), true);
        for at in [0x06, 0x44, 0x6a, 0x104] {
            let mut now = config.clone();
            now[at] = 0xff;
            assert_eq!(steady(now, true), before, "{at:#x}");
        }
        for at in [0x04, 0x10, 0x68, 0x110 + 0x100] {
            let mut now = config.clone();
            now[at] ^= 0xf0;
            assert_ne!(steady(now, true), before, "{at:#x}");
        }
        // Of a function without a driver, bus master.
        let mut now = config.clone();
        now[0x04] = 0x03;
        assert_eq!(steady(now.clone(), false), steady(config, false));
        assert_ne!(steady(now, true), before);
        // Lists that go round, and no configuration space at all.
        steady(vec![0xff; 4096], true);
        steady(Vec::new(), true);
    }

    #[test]
    fn the_arbiters_line() {
        let line = "count:2,PCI:0000:00:02.0,decodes=io+mem,owns=none,locks=none(0:0)";
        assert_eq!(part(line), "decodes=io+mem,locks=none(0:0)");
    }
}
