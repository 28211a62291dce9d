// SPDX-License-Identifier: GPL-2.0

//! The `rom=` parameter: whose option ROMs are read.
//!
//! ```text
//! rom   = rule *( ( "," / blank ) rule )
//! rule  = "yes" / "no" / [ "!" ] place
//! place = an entry of devices=
//! ```
//!
//! `no` is for every card, a place for that card; `!` in front of a place says no. The last rule
//! that is for a card counts. Where none is, its ROM is read: `!01:00.0` is all but one, and
//! `no,01:00.0` is one alone. `y`, `on` and `1` are yes, `n`, `off` and `0` are no, as with the
//! kernel's own parameters.
//!
//! With `=vendor:device`, a rule is not for a card with other IDs.

use crate::{
    devices::{
        parse_entry,
        Address,
        Fit,
        Place, //
    },
    entry::{
        BadEntry,
        Entry,
        Field,
        Raw,
        Reason,
        Wrong, //
    },
};

/// A rule of `rom=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    /// Whether ROMs are read.
    pub read: bool,
    /// Whose; nothing is everybody's.
    pub place: Option<Place<'a>>,
}

impl Rule<'_> {
    /// Returns whether the rule is for a card: see [`Place::fit`].
    pub fn is_for(&self, route: impl Iterator<Item = Address>, ids: (u16, u16)) -> bool {
        self.place
            .is_none_or(|place| place.fit(route, ids) == Fit::Named)
    }
}

/// Returns the rules of a `rom=` parameter, good and bad, in their order; empty ones are skipped.
///
/// `text` is the parameter without a terminating NUL.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<Rule<'_>, BadEntry<'_>>> {
    entries(text).map(|(_, rule)| rule)
}

/// As [`parse`], with each rule as it stands in the parameter.
pub fn entries(text: &[u8]) -> impl Iterator<Item = (Entry<'_>, Result<Rule<'_>, BadEntry<'_>>)> {
    Raw::all(text).map(|raw| {
        let rule = parse_rule(raw.text, raw.offset).map_err(|wrong| raw.bad("rom", wrong));

        (raw.of("rom"), rule)
    })
}

/// Returns whether a card's ROM is read, by the good rules of a `rom=` parameter.
///
/// `route` is where the card is, where the bridge above it is, and so on up to the root bus.
pub fn is_read(text: &[u8], route: impl Iterator<Item = Address> + Clone, ids: (u16, u16)) -> bool {
    parse(text)
        .flatten()
        .filter(|rule| rule.is_for(route.clone(), ids))
        .last()
        .is_none_or(|rule| rule.read)
}

/// Reads a rule, which starts at `offset` in the parameter and is not empty.
fn parse_rule(text: &[u8], offset: usize) -> Result<Rule<'_>, Wrong> {
    let everybody = match text {
        b"yes" | b"y" | b"on" | b"1" => Some(true),
        b"no" | b"n" | b"off" | b"0" => Some(false),
        _ => None,
    };

    if let Some(read) = everybody {
        return Ok(Rule { read, place: None });
    }

    let (read, place, offset) = match text {
        [b'!', place @ ..] => (false, place, offset.saturating_add(1)),
        place => (true, place, offset),
    };

    if !place.contains(&b':') {
        return Err(Wrong {
            offset,
            field: Field::Rule,
            reason: Reason::NoRule,
        });
    }
    Ok(Rule {
        read,
        place: Some(parse_entry(place, offset)?),
    })
}
