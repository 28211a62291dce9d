// SPDX-License-Identifier: GPL-2.0

//! `vga-stub hold`: a card is taken from the host, now.

use std::time::Duration;

use clap::Args;

use crate::{
    act::{
        hold,
        outcome::{
            self,
            Task, //
        }, //
    },
    card::card_help,
    command::Context,
    Failure, //
};

/// Take a card from the host's driver, or from nobody, now and until the next boot
///
/// All functions of the card are taken, or none: audio and USB first, the display last. Who has the
/// card open is named before anything is touched, and then nothing is. The module is loaded if it is
/// not there.
#[derive(Args, Debug)]
#[command(after_help = card_help!("\
Exit status:
  0  it is held
  1  it was refused, or a driver did not let go of it; what had been taken was put back
  2  there is no such card, or it takes root

Examples:
  vga-stub hold 01:00
  vga-stub hold --dry-run 01:00
  vga-stub hold 01:00.1                 the card's audio only"))]
pub(crate) struct HoldArgs {
    /// The card
    #[arg(value_name = "CARD")]
    card: String,

    /// Take it also if the console draws on it, which is taken off it first, or if the only keyboard
    /// hangs on it
    #[arg(long)]
    force: bool,

    /// How long a driver may take to let go of it
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..))]
    wait: u32,

    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &HoldArgs) -> Result<u8, Failure> {
    let options = hold::Options {
        force: args.force,
        wait: Duration::from_secs(args.wait.into()),
    };
    let task = Task {
        verb: "hold",
        card: &args.card,
        dry_run: args.dry_run,
        allowed: |_, _| false,
    };
    outcome::carry_out(context, &task, |host, card, act| {
        hold::go(host, card, options, act)
    })
}
