// SPDX-License-Identifier: GPL-2.0

//! `vga-stub undo`: takes back what `vga-stub setup` did.

use clap::Args;

use super::setup::{
    carry_out,
    check_root,
    merge,
    plan::{
        self,
        Now,
        Plan, //
    },
    refuse, //
};
use crate::{
    card,
    change::{
        options::{
            Card,
            Options, //
        },
        site::{
            Site,
            Trouble, //
        },
        State,
        OPTIONS, //
    },
    command::Context,
    facts::{
        host::Options as Wanted,
        Function,
        Host,
        Source, //
    },
    text::{
        escape::printable,
        shell::quoted, //
    },
    Failure, //
};

/// Take back what vga-stub setup did: of all cards, or of some
///
/// Without --apply it only shows what it would do. At the next boot the cards are the host's again.
#[derive(Args, Debug)]
#[command(after_help = "\
A CARD is named as for vga-stub setup; one that is no longer there by the slot or the place that
it had, as /etc/modprobe.d/vga-stub-cards.conf shows them. Where it is a function (01:00.1), the
others of its card stay set up.

Exit status:
  0  it was shown, or done, or nothing is to be done
  1  it is refused or has failed; what was changed has been put back
  2  it could not be looked at, there is no such card, or it takes root")]
pub(crate) struct UndoArgs {
    /// The cards; all that were set up if there is none
    #[arg(value_name = "CARD")]
    pub(super) cards: Vec<String>,

    /// Do it
    #[arg(long)]
    pub(super) apply: bool,

    /// Also if the file was edited since: what was added is lost. Or, where rpm-ostree keeps the
    /// kernel's command line, if the record of the setup is lost
    #[arg(long, conflicts_with = "cards")]
    pub(super) force: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &UndoArgs) -> Result<u8, Failure> {
    if args.apply {
        check_root(context, "undo")?;
    }
    let host = Host::read(&*context.source, &Wanted::default());
    let site = Site::live();
    let here = context.is_here();
    let plan = plan::now(&site, &*context.source, here)
        .and_then(|now| undo(&host, &*context.source, &now, args));
    match plan {
        Ok(plan) => carry_out(context, &site, &plan, args.apply),
        Err(trouble) => refuse(&trouble),
    }
}

/// Plans it.
pub(crate) fn undo(
    host: &Host,
    source: &dyn Source,
    now: &Now,
    args: &UndoArgs,
) -> Result<Plan, Trouble> {
    let options = match &now.state {
        State::Ours(options) => options.clone(),
        State::Absent => match &now.record {
            Some(record) => record.options.clone(),
            None => Options::default(),
        },
        State::Edited if args.force => Options::default(),
        State::Edited => {
            return Err(Trouble::Refused(format!(
                "{OPTIONS} was edited since vga-stub setup wrote it; nothing was changed.\n\
                 Move what you added to another file there, and then:\n  \
                 vga-stub undo --force --apply"
            )))
        }
        State::Foreign => {
            return Err(Trouble::Refused(format!(
                "{OPTIONS} was not written by vga-stub setup; nothing was changed. \
                 Remove it yourself, or give it another name"
            )))
        }
    };
    let mut left = options.clone();
    for argument in &args.cards {
        for (whole, rest) in find(host, &left, argument)? {
            match (left.cards.iter().position(|card| *card == whole), rest) {
                (Some(at), None) => {
                    left.cards.remove(at);
                }
                (Some(at), Some(rest)) => {
                    if let Some(card) = left.cards.get_mut(at) {
                        *card = rest;
                    }
                }
                (None, _) => {}
            }
        }
    }
    if args.cards.is_empty() {
        left.cards.clear();
    }
    let again: Vec<_> = args.cards.iter().map(|card| quoted(card)).collect();
    let mut again = again.join(" ");
    if args.force {
        again = "--force".into();
    }
    let lost = plan::lost(host, now);
    if let (false, Some(word)) = (args.force, lost.first()) {
        return Err(Trouble::Refused(format!(
            "there is no record of a setup, and the kernel was booted with {}; nothing was changed.\n\
             If vga-stub setup has put it there, and this is not the boot that takes it back:\n  \
             vga-stub undo --force --apply",
            printable(word)
        )));
    }
    let mut plan = Plan {
        verb: "undo",
        again,
        ..Plan::default()
    };
    plan::fill(&mut plan, host, source, now, &left, true)?;
    Ok(plan)
}

/// Finds the cards that were set up and that an argument means; more than one only for `all`. Where it
/// names a function, each comes with what is left of it.
fn find(
    host: &Host,
    options: &Options,
    argument: &str,
) -> Result<Vec<(Card, Option<Card>)>, Trouble> {
    let text = argument.trim().to_ascii_lowercase();
    if text == "all" {
        return Ok(options
            .cards
            .iter()
            .map(|card| (card.clone(), None))
            .collect());
    }
    let of_place = |place: &str| {
        let mut cards = options.cards.iter();
        cards.find(|card| card.place == place)
    };
    let selected = card::resolve(host, argument);
    let first = selected.as_ref().ok().and_then(|selected| selected.first());
    let here = first.and_then(|selected| {
        let function = *selected.functions.first()?;
        Some((
            of_place(&function.place(false))?,
            selected.single.then_some(function),
        ))
    });
    let not_set_up = || {
        Trouble::Failed(format!(
            "{} was not set up by vga-stub setup",
            printable(argument)
        ))
    };
    if let Some((card, Some(function))) = here {
        let left = without(host, card, function).ok_or_else(not_set_up)?;
        return Ok(vec![(card.clone(), left)]);
    }
    // Another card may have the slot now that this one had.
    let there = || options.cards.iter().find(|card| card.slot == text);
    let here = here.map(|(card, _)| card);
    if let Some(card) = here.or_else(|| of_place(&text)).or_else(there) {
        return Ok(vec![(card.clone(), None)]);
    }
    // A function that is no longer there, of a card that was named by its place.
    for card in &options.cards {
        let number = text.strip_prefix(card.slot.as_str());
        let is = |entry: &String| {
            let place = entry.split('=').next().unwrap_or_default();
            place == text
                || number.is_some_and(|number| number.len() == 2 && place.ends_with(number))
        };
        if card.devices.iter().any(is) {
            let mut left = card.clone();
            left.devices.retain(|entry| !is(entry));
            return Ok(vec![(card.clone(), some(left))]);
        }
    }
    selected.map_err(Trouble::Failed)?;
    Err(not_set_up())
}

/// Returns a card unless nothing is left of it.
fn some(card: Card) -> Option<Card> {
    (!card.devices.is_empty() || !card.ids.is_empty()).then_some(card)
}

/// Returns what is left of a card without a function, the outer nothing if it does not name that.
#[allow(
    clippy::option_option,
    reason = "nothing may be left of a card that names it"
)]
fn without(host: &Host, card: &Card, function: &Function) -> Option<Option<Card>> {
    let mut left = card.clone();
    let place = function.place(true);
    left.devices
        .retain(|entry| entry.split('=').next() != Some(place.as_str()));
    left.ids.retain(|entry| *entry != function.ids());
    if left.devices == card.devices && left.ids == card.ids {
        return None;
    }
    // What no other function of it has to wait for.
    let others: Vec<_> = host
        .functions()
        .iter()
        .filter(|other| other.slot() == function.slot() && merge::names(&left, other))
        .collect();
    left.softdeps.retain(|module| {
        !function.host_drivers.contains(module)
            || others
                .iter()
                .any(|other| other.host_drivers.contains(module))
    });
    Some(some(left))
}
