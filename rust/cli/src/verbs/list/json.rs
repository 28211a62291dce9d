// SPDX-License-Identifier: GPL-2.0

//! The same as JSON. The fields are what other programs rely on.

use serde::Serialize;

use super::guests_of;
use crate::facts::{
    Datum,
    Function,
    Host, //
};

/// What `list` prints.
#[derive(Debug, Serialize)]
pub(super) struct Listing<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// The release of the running kernel.
    kernel: Option<&'a str>,
    /// The module.
    module: Module<'a>,
    /// The cards.
    cards: Vec<Card<'a>>,
    /// All PCI functions, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    functions: Option<Vec<One<'a>>>,
}

/// The module.
#[derive(Debug, Serialize)]
struct Module<'a> {
    /// Whether it is loaded.
    loaded: bool,
    /// Its version.
    version: Option<&'a str>,
}

/// A card.
#[derive(Debug, Serialize)]
struct Card<'a> {
    /// Its slot.
    slot: String,
    /// Its place, as `devices=` takes it.
    place: String,
    /// The parameter that names it.
    named: Option<&'static str>,
    /// Its functions.
    functions: Vec<One<'a>>,
}

/// A function.
#[derive(Debug, Serialize)]
struct One<'a> {
    /// Its address.
    address: &'a str,
    /// Its IDs.
    ids: String,
    /// Its class.
    class: String,
    /// Its name in words.
    name: Option<&'a str>,
    /// Who has it.
    state: &'a str,
    /// The driver that has it.
    driver: Option<&'a str>,
    /// The parameter that names it.
    named: Option<&'static str>,
    /// Its IOMMU group.
    group: Option<u32>,
    /// Whether the machine booted with it.
    boot_vga: Option<bool>,
    /// Its power state.
    power: Option<&'a str>,
    /// The ways to reset it.
    reset: Option<&'a [String]>,
    /// Sockets with screens on them.
    screens: Vec<&'a str>,
    /// Its ROM, as the module captured it.
    rom: Option<Rom<'a>>,
    /// Who uses it.
    #[serde(rename = "use")]
    usage: Usage,
}

/// A ROM.
#[derive(Debug, Serialize)]
struct Rom<'a> {
    /// Where it was read.
    source: Option<&'a str>,
    /// Whether it is valid.
    status: Option<&'a str>,
    /// Its size, in bytes; nothing where only root may look.
    size: Option<usize>,
}

/// Who uses a function.
#[derive(Debug, Serialize)]
struct Usage {
    /// Whether that is known.
    known: bool,
    /// What it takes to know.
    needs: Option<String>,
    /// The guests or processes.
    by: Vec<String>,
}

impl<'a> Listing<'a> {
    /// Makes it.
    pub(super) fn new(
        host: &'a Host,
        cards: &[Vec<&'a Function>],
        all: Option<Vec<&'a Function>>,
    ) -> Self {
        let each = |functions: &[&'a Function]| {
            functions
                .iter()
                .map(|function| one(host, function))
                .collect()
        };
        let card = |functions: &Vec<&'a Function>| {
            let first = functions.first()?;
            let named = functions.iter().find_map(|function| function.named);
            Some(Card {
                slot: first.name.split('.').next().unwrap_or_default().to_owned(),
                place: first.place(false),
                named: named.map(|named| named.parameter()),
                functions: each(functions),
            })
        };
        Self {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            kernel: host.kernels.running.known().map(String::as_str),
            module: Module {
                loaded: host.selection.loaded.known().is_some(),
                version: host.selection.version.known().map(String::as_str),
            },
            cards: cards.iter().filter_map(card).collect(),
            functions: all.map(|all| each(&all)),
        }
    }
}

/// Returns what is said of a function.
fn one<'a>(host: &'a Host, function: &'a Function) -> One<'a> {
    let details = &function.details;
    let text = |datum: &'a Datum<String>| datum.known().map(String::as_str);
    One {
        address: &function.name,
        ids: function.ids(),
        class: format!("{:06x}", function.identity.class),
        name: function.title.as_deref(),
        state: function.state(),
        driver: text(&function.driver),
        named: function.named.map(|named| named.parameter()),
        group: function.group.known().copied(),
        boot_vga: details.boot_vga.known().copied(),
        power: text(&details.power),
        reset: details.reset.known().map(Vec::as_slice),
        screens: host.screens(function),
        rom: function.claimed.known().map(|claimed| Rom {
            source: text(&claimed.rom_source),
            status: text(&claimed.rom_status),
            size: claimed.rom.known().map(Vec::len),
        }),
        usage: Usage {
            known: host.system.users.known().is_some(),
            needs: host.system.users.needs().map(str::to_owned),
            by: guests_of(host, function),
        },
    }
}
