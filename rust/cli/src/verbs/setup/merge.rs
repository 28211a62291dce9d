// SPDX-License-Identifier: GPL-2.0

//! The cards that were set up before, and those that are set up now.

use vga_stub_core::devices::{
    self,
    Fit, //
};

use crate::{
    card::Selected,
    change::options::{
        Card,
        Options, //
    },
    facts::{
        Function,
        Host, //
    },
    text::escape::printable,
};

/// Returns a card to be set up, with the functions that are meant.
pub(super) fn card(
    selected: &Selected<'_>,
    functions: &[&Function],
    by_id: bool,
    softdeps: Vec<String>,
) -> Card {
    let main = selected
        .functions
        .iter()
        .find(|function| function.is_display())
        .or(selected.functions.first());
    let mut card = Card {
        slot: selected.slot.to_string(),
        place: main.map(|main| main.place(false)).unwrap_or_default(),
        name: main
            .map(|main| printable(&main.words()).into_owned())
            .unwrap_or_default(),
        softdeps,
        ..Card::default()
    };
    for function in functions {
        let (list, entry) = if by_id {
            (&mut card.ids, function.ids())
        } else {
            let entry = format!("{}={}", function.place(true), function.ids());
            (&mut card.devices, entry)
        };
        if !list.contains(&entry) {
            list.push(entry);
        }
    }
    card
}

/// Adds a card to those that were set up before. If it is one of them, its entries are replaced, or,
/// where only a function was named, added to.
pub(super) fn add(host: &Host, options: &mut Options, mut card: Card, single: bool) {
    options.cards.retain(|old| !has_moved_to(host, old, &card));
    let Some(old) = options.cards.iter_mut().find(|old| old.place == card.place) else {
        options.cards.push(card);
        return;
    };
    let same_kind = old.ids.is_empty() == card.ids.is_empty();
    if single && same_kind {
        let mut merged = Vec::new();
        let place = |entry: &str| entry.split('=').next().map(str::to_owned);
        for entry in &old.devices {
            let again = |new: &String| place(new) == place(entry);
            if !card.devices.iter().any(again) {
                merged.push(entry.clone());
            }
        }
        merged.append(&mut card.devices);
        merged.sort();
        card.devices = merged;
        for (list, old) in [
            (&mut card.ids, &old.ids),
            (&mut card.softdeps, &old.softdeps),
        ] {
            for entry in old {
                if !list.contains(entry) {
                    list.push(entry.clone());
                }
            }
            list.sort();
        }
    }
    *old = card;
}

/// Returns whether an old entry is the new card's, which is at another place now: nobody is where
/// the old one says, and the IDs are the same.
fn has_moved_to(host: &Host, old: &Card, new: &Card) -> bool {
    let ids = |card: &Card| -> Vec<String> {
        let ids = card
            .devices
            .iter()
            .filter_map(|entry| entry.split_once('='));
        ids.map(|(_, ids)| ids.to_owned()).collect()
    };
    old.place != new.place
        && !old.devices.is_empty()
        && ids(old) == ids(new)
        && !host.functions().iter().any(|function| names(old, function))
}

/// Returns whether a card's entries name a function.
pub(crate) fn names(card: &Card, function: &Function) -> bool {
    let pair = (function.identity.vendor, function.identity.device);
    let fits = |entry: &String| {
        devices::parse(entry.as_bytes())
            .flatten()
            .any(|place| place.fit(function.route.iter().copied(), pair) == Fit::Named)
    };
    card.devices.iter().any(fits) || card.ids.contains(&function.ids())
}
