// SPDX-License-Identifier: GPL-2.0

//! The kernel's screens, framebuffers, sound cards and consoles, and the functions that they are on.

use std::collections::BTreeMap;

use super::{
    bits::{
        functions_in,
        pick_lines, //
    },
    Datum,
    Source, //
};

/// A screen's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connector {
    /// `HDMI-A-1`.
    pub(crate) name: String,
    /// `connected`, `disconnected`, `unknown`.
    pub(crate) status: Datum<String>,
}

/// A card of DRM's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Display {
    /// `card0`.
    pub(crate) name: String,
    /// The address of the PCI function below it; none for simpledrm and the like.
    pub(crate) function: Option<String>,
    /// Its sockets.
    pub(crate) connectors: Vec<Connector>,
}

/// Reads the cards of DRM's.
pub(super) fn displays(source: &dyn Source) -> Datum<Vec<Display>> {
    let base = "/sys/class/drm";
    source.list(base).map(|names| {
        let cards = names.iter().filter(|name| {
            let number = name.strip_prefix("card");
            number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
        });
        let display = |card: &String| {
            let link = source.link(&format!("{base}/{card}"));
            let of = |name: &String| {
                let rest = name.strip_prefix(card.as_str())?.strip_prefix('-')?;
                Some(Connector {
                    name: rest.into(),
                    status: source.value(&format!("{base}/{name}/status")),
                })
            };
            Display {
                name: card.clone(),
                function: link
                    .known()
                    .and_then(|link| functions_in(link).last())
                    .map(str::to_owned),
                connectors: names.iter().filter_map(of).collect(),
            }
        };
        cards.map(display).collect()
    })
}

/// Reads the functions that framebuffers and sound cards are on, and DRM's nodes for drawing.
pub(super) fn nodes(source: &dyn Source) -> BTreeMap<String, String> {
    let mut nodes = BTreeMap::new();
    for (class, wanted, prefix) in [
        ("graphics", "fb", "/dev/"),
        ("sound", "card", "/dev/snd/"),
        ("drm", "renderD", "/dev/dri/"),
        ("drm", "card", "/dev/dri/"),
    ] {
        let names = source.list(&format!("/sys/class/{class}"));
        for name in names.known().into_iter().flatten() {
            if !name.starts_with(wanted) || name.contains('-') {
                continue;
            }
            let link = source.link(&format!("/sys/class/{class}/{name}"));
            if let Some(function) = link.known().and_then(|link| functions_in(link).last()) {
                nodes.insert(format!("{prefix}{name}"), function.to_owned());
            }
        }
    }
    let gpus = source.list("/proc/driver/nvidia/gpus");
    for function in gpus.known().into_iter().flatten() {
        let path = format!("/proc/driver/nvidia/gpus/{function}/information");
        let line = source.filtered(&path, &|text| {
            pick_lines(text, |line| line.starts_with("Device Minor:"))
        });
        let minor = line
            .known()
            .and_then(|line| line.split_whitespace().last())
            .map(str::to_owned);
        if let Some(minor) = minor {
            nodes.insert(format!("/dev/nvidia{minor}"), function.clone());
        }
    }
    nodes
}

/// Reads the consoles of the kernel.
pub(super) fn consoles(source: &dyn Source) -> Vec<(String, String, bool)> {
    let base = "/sys/class/vtconsole";
    let names = source.list(base);
    let names = names.known().into_iter().flatten();
    names
        .map(|console| {
            let value = |file: &str| {
                let value = source.value(&format!("{base}/{console}/{file}"));
                value.known().cloned().unwrap_or_default()
            };
            (console.clone(), value("name"), value("bind") == "1")
        })
        .collect()
}
