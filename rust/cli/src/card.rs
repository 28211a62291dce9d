// SPDX-License-Identifier: GPL-2.0

//! CARD arguments: which functions they mean.
//!
//! A CARD is a slot (`01:00`, with or without domain), a function (`0000:01:00.0`), a place in the
//! grammar of `devices=` (`00:01.0/00.*`), IDs if only one card has them (`10de:2684`), libvirt's
//! name (`pci_0000_01_00_0`), or `all`: every card that is named to vga-stub.

use vga_stub_core::{
    devices::{
        self,
        Fit, //
    },
    ids,
};

use crate::{
    facts::{
        pci::Slot,
        Function,
        Host, //
    },
    text::escape::printable, //
};

/// The help of a verb that takes a CARD: what that is, then what else there is to say.
macro_rules! card_help {
    ($rest:literal) => {
        concat!(
            "A CARD is a slot (01:00), a function (0000:01:00.0), a place (00:01.0/00.*), IDs \
             (10de:2684),\nlibvirt's name (pci_0000_01_00_0), or all: every card that is named to \
             vga-stub.\n\n",
            $rest
        )
    };
}
pub(crate) use card_help;

/// What a CARD argument means: functions of one slot.
#[derive(Clone, Debug)]
pub(crate) struct Selected<'a> {
    /// The slot.
    pub(crate) slot: Slot,
    /// Its functions that are meant: all, unless one was named.
    pub(crate) functions: Vec<&'a Function>,
    /// Whether the argument named a single function.
    pub(crate) single: bool,
}

/// Finds what some CARD arguments mean, without the same slot twice.
pub(crate) fn resolve_all<'a>(
    host: &'a Host,
    arguments: &[String],
) -> Result<Vec<Selected<'a>>, String> {
    let mut found: Vec<Selected<'a>> = Vec::new();
    for argument in arguments {
        for selected in resolve(host, argument)? {
            match found.iter_mut().find(|other| other.slot == selected.slot) {
                Some(other) => {
                    other.single &= selected.single;
                    for function in selected.functions {
                        if !other
                            .functions
                            .iter()
                            .any(|known| known.name == function.name)
                        {
                            other.functions.push(function);
                        }
                    }
                }
                None => found.push(selected),
            }
        }
    }
    Ok(found)
}

/// Returns whether a text can be a CARD argument, be there such a card or not.
pub(crate) fn is_argument(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    text == "all" || Wanted::parse(&text).is_some()
}

/// Finds what a CARD argument means; more than one slot only for `all`.
pub(crate) fn resolve<'a>(host: &'a Host, argument: &str) -> Result<Vec<Selected<'a>>, String> {
    if let Some(needs) = host.pci.functions.needs() {
        return Err(format!("cannot see the PCI devices: it takes {needs}"));
    }
    let text = argument.trim().to_ascii_lowercase();
    if text == "all" {
        let mut cards = host.cards();
        cards.retain(|card| card.is_named());
        if cards.is_empty() {
            return Err("all: no card is named to vga-stub, by ids= or by devices=".into());
        }
        let all = cards.into_iter().map(|card| Selected {
            slot: card.slot,
            functions: card.functions,
            single: false,
        });
        return Ok(all.collect());
    }
    let shown = printable(argument);
    let Some(wanted) = Wanted::parse(&text) else {
        return Err(format!(
            "{shown} is no card: write a slot (01:00), a function (0000:01:00.0), a place \
             (00:01.0/00.*), IDs (10de:2684), pci_0000_01_00_0 or all"
        ));
    };
    let functions: Vec<_> = host
        .functions()
        .iter()
        .filter(|function| wanted.means(function))
        .collect();
    let mut slots: Vec<_> = functions.iter().map(|function| function.slot()).collect();
    slots.dedup();
    match slots.as_slice() {
        [] => Err(format!(
            "there is no card {shown}; vga-stub list shows those that there are"
        )),
        [slot] => {
            let single = wanted.is_single();
            let slot = *slot;
            let of_slot = host
                .functions()
                .iter()
                .filter(|function| function.slot() == slot);
            let functions = if single { functions } else { of_slot.collect() };
            Ok(vec![Selected {
                slot,
                functions,
                single,
            }])
        }
        several => {
            let list: Vec<_> = several.iter().map(Slot::to_string).collect();
            Err(format!(
                "{shown} is more than one card: {}; name one of them",
                list.join(", ")
            ))
        }
    }
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Wanted {
    /// A place: all functions of a slot, or one.
    Place(String),
    /// IDs.
    Ids(String),
}

impl Wanted {
    /// Reads an argument, in lower case.
    fn parse(text: &str) -> Option<Self> {
        let place = |text: &str| {
            let mut places = devices::parse(text.as_bytes());
            let place = places.next().is_some_and(|place| place.is_ok()) && places.next().is_none();
            place.then(|| Self::Place(text.to_owned()))
        };
        if text.is_empty() || text.contains([',', '=']) {
            return None;
        }
        if let Some(name) = text.strip_prefix("pci_") {
            let parts: Vec<_> = name.split('_').collect();
            let [domain, bus, slot, function] = parts.as_slice() else {
                return None;
            };
            return place(&format!("{domain}:{bus}:{slot}.{function}"));
        }
        // IDs have four digits each; buses have two.
        if text.len() == 9 && text.as_bytes().get(4) == Some(&b':') && !text.contains('.') {
            let mut ids = ids::parse(text.as_bytes());
            let one = ids.next().is_some_and(|id| id.is_ok());
            return one.then(|| Self::Ids(text.to_owned()));
        }
        if text.contains('.') {
            place(text)
        } else {
            place(&format!("{text}.*"))
        }
    }

    /// Returns whether one function is meant, not a slot.
    fn is_single(&self) -> bool {
        matches!(self, Self::Place(text) if !text.ends_with('*'))
    }

    /// Returns whether a function is meant.
    fn means(&self, function: &Function) -> bool {
        match self {
            Self::Place(text) => devices::parse(text.as_bytes()).any(|place| {
                place.is_ok_and(|place| {
                    place.fit(function.route.iter().copied(), (0, 0)) == Fit::Named
                })
            }),
            Self::Ids(text) => ids::parse(text.as_bytes())
                .any(|id| id.is_ok_and(|id| id.matches(&function.identity))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::good;

    /// What an argument means on the usual machine: the functions, or what is wrong.
    fn found(argument: &str) -> String {
        let host = good().host();
        match resolve(&host, argument) {
            Ok(selected) => {
                let names = selected.iter().flat_map(|one| &one.functions);
                names
                    .map(|function| function.short())
                    .collect::<Vec<_>>()
                    .join(" ")
            }
            Err(error) => error,
        }
    }

    #[test]
    fn each_way_to_name_a_card() {
        let whole = "01:00.0 01:00.1";
        for name in [
            "01:00",
            "0000:01:00",
            "00:01.0/00.*",
            "10de:2684",
            "10DE:2684",
            "all",
        ] {
            assert_eq!(found(name), whole, "{name}");
        }
        for name in [
            "01:00.1",
            "0000:01:00.1",
            "pci_0000_01_00_1",
            "00:01.0/00.1",
        ] {
            assert_eq!(found(name), "01:00.1", "{name}");
        }
    }

    #[test]
    fn what_is_no_card() {
        assert!(found("the second").starts_with("the second is no card: write a slot (01:00)"));
        assert!(found("").starts_with(" is no card"));
        assert_eq!(
            found("05:00"),
            "there is no card 05:00; vga-stub list shows those that there are"
        );
        let twice = good()
            .card("0000:02:00.0", "00:02.0", "10de", "2684", "030000")
            .host();
        assert_eq!(
            resolve(&twice, "10de:2684").unwrap_err(),
            "10de:2684 is more than one card: 01:00, 02:00; name one of them"
        );
    }
}
