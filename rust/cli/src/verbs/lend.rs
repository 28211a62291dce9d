// SPDX-License-Identifier: GPL-2.0

//! `vga-stub lend`: a held card is given to the host.

use std::time::Duration;

use clap::Args;

use crate::{
    act::{
        lend,
        outcome::{
            self,
            Task, //
        }, //
    },
    card::card_help,
    command::Context,
    Failure, //
};

/// Give a held card to the host's own driver, until vga-stub hold or the next boot
///
/// All functions of the card are given, or none: the display first. Their modules are loaded if they
/// are not there, as the kernel would load them.
#[derive(Args, Debug)]
#[command(after_help = card_help!("\
Exit status:
  0  drivers of the host have it
  1  it was refused, or no driver took it; what had been given is held again
  2  there is no such card, or it takes root

Examples:
  vga-stub lend 01:00
  vga-stub lend 01:00 --to nouveau"))]
pub(crate) struct LendArgs {
    /// The card
    #[arg(value_name = "CARD")]
    card: String,

    /// The driver for the card's displays, or for the function that is named; the kernel's choice if
    /// there is none
    #[arg(long, value_name = "DRIVER")]
    to: Option<String>,

    /// How long a driver may take
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..))]
    wait: u32,

    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &LendArgs) -> Result<u8, Failure> {
    let to = args.to.as_deref();
    super::handoff::check_name(to)?;
    let wait = Duration::from_secs(args.wait.into());
    let task = Task {
        verb: "lend",
        card: &args.card,
        dry_run: args.dry_run,
        allowed: |_, _| false,
    };
    outcome::carry_out(context, &task, |_, card, act| lend::go(card, to, wait, act))
}
