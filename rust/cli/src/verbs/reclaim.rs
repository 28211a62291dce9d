// SPDX-License-Identifier: GPL-2.0

//! `vga-stub reclaim`: a card comes back from the driver for guests.

use std::time::Duration;

use clap::Args;

use super::handoff::writable;
use crate::{
    act::{
        moves::{
            self,
            Move, //
        },
        outcome::{
            self,
            Task, //
        }, //
    },
    card::card_help,
    command::Context,
    Failure, //
};

/// Take a card back from vfio-pci, or from another driver for guests, all of it or nothing
///
/// What a guest has in use stays where it is, and the guest is named. What is held already stays held:
/// it may be run again, as hooks do.
#[derive(Args, Debug)]
#[command(after_help = card_help!("\
Exit status:
  0  it is held
  1  it was refused, and nothing has moved; the kernel's own line says why. Or a driver has not
     come back: it is not killed, and what has moved is told
  2  there is no such card, or it takes root

Examples:
  vga-stub reclaim 01:00
  vga-stub reclaim --wait 30 01:00      while the guest is going down"))]
pub(crate) struct ReclaimArgs {
    /// The card
    #[arg(value_name = "CARD")]
    card: String,

    /// Wait so long for a guest that has it in use, and for the drivers, which have 30 seconds at least
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    wait: u32,

    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &ReclaimArgs) -> Result<u8, Failure> {
    let wait = Duration::from_secs(args.wait.into());
    let way = Move::Reclaim(wait);
    let task = Task {
        verb: "reclaim",
        card: &args.card,
        dry_run: args.dry_run,
        allowed: |host, card| writable(host, card, "reclaim"),
    };
    outcome::carry_out(context, &task, |host, card, act| {
        moves::go(host, card, way, wait.max(moves::PATIENCE), act)
    })
}
