// SPDX-License-Identifier: GPL-2.0

//! `vga-stub undo`: takes back what `vga-stub setup` did.

use clap::Args;

use super::setup::{
    carry_out,
    check_root,
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
it had, as /etc/modprobe.d/vga-stub-cards.conf shows them.

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

    /// Also if the file was edited since: what was added is lost
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
        let meant = find(host, &options, argument)?;
        left.cards.retain(|card| !meant.contains(card));
    }
    if args.cards.is_empty() {
        left.cards.clear();
    }
    let again: Vec<_> = args.cards.iter().map(|card| quoted(card)).collect();
    let mut again = again.join(" ");
    if args.force {
        again = "--force".into();
    }
    let mut plan = Plan {
        verb: "undo",
        again,
        ..Plan::default()
    };
    plan::fill(&mut plan, host, source, now, &left, true)?;
    Ok(plan)
}

/// Finds the cards that were set up and that an argument means; more than one only for `all`.
fn find(host: &Host, options: &Options, argument: &str) -> Result<Vec<Card>, Trouble> {
    let text = argument.trim().to_ascii_lowercase();
    if text == "all" {
        return Ok(options.cards.clone());
    }
    let of_place = |place: &str| {
        let mut cards = options.cards.iter();
        cards.find(|card| card.place == place)
    };
    let selected = card::resolve(host, argument);
    let here = selected.as_ref().ok().and_then(|selected| {
        let function = selected.first()?.functions.first()?;
        of_place(&function.place(false))
    });
    // Another card may have the slot now that this one had.
    let there = || options.cards.iter().find(|card| card.slot == text);
    if let Some(card) = here.or_else(|| of_place(&text)).or_else(there) {
        return Ok(vec![card.clone()]);
    }
    selected.map_err(Trouble::Failed)?;
    Err(Trouble::Failed(format!(
        "{} was not set up by vga-stub setup",
        printable(argument)
    )))
}
