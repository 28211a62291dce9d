// SPDX-License-Identifier: GPL-2.0

//! `vga-stub handoff`: a held card goes to a driver for guests.

use std::time::Duration;

use clap::Args;

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
    card::{
        card_help,
        Selected, //
    },
    command::Context,
    facts::Host,
    text::escape::printable,
    Failure, //
};

/// Give a held card to vfio-pci, or to another driver for guests, all of it or nothing
///
/// A card moves with all that vga-stub has claimed of its slot, and each function with its whole IOMMU
/// group. Where a function is named, its group moves. What is there already stays there: it may be
/// run again, as hooks do.
#[derive(Args, Debug)]
#[command(after_help = card_help!("\
Exit status:
  0  the driver has it
  1  it was refused, and nothing has moved; the kernel's own line says why. Or a driver has not
     come back: it is not killed, and what has moved is told
  2  there is no such card, or it takes root

Examples:
  vga-stub handoff 01:00
  vga-stub handoff 01:00 pciback
  vga-stub handoff --quiet 01:00        in a hook: no word if all is well"))]
pub(crate) struct HandoffArgs {
    /// The card
    #[arg(value_name = "CARD")]
    card: String,

    /// The driver, or its module; that of the module's parameter handoff= if there is none
    #[arg(value_name = "DRIVER")]
    driver: Option<String>,

    /// How long the drivers may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
        value_parser = clap::value_parser!(u32).range(1..))]
    wait: u32,

    /// Say what would be done, and do nothing
    #[arg(long, short = 'n')]
    dry_run: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &HandoffArgs) -> Result<u8, Failure> {
    check_name(args.driver.as_deref())?;
    let way = Move::HandOff(args.driver.as_deref());
    let task = Task {
        verb: "handoff",
        card: &args.card,
        dry_run: args.dry_run,
        allowed: |host, card| writable(host, card, "handoff"),
    };
    outcome::carry_out(context, &task, |host, card, act| {
        moves::go(host, card, way, Duration::from_secs(args.wait.into()), act)
    })
}

/// Returns an error if a driver cannot be called so.
pub(super) fn check_name(driver: Option<&str>) -> Result<(), Failure> {
    match driver {
        Some(driver) if !vga_stub_core::group::is_name(driver.as_bytes()) => Err(Failure::Read(
            format!("{} is no driver's name", printable(driver)),
        )),
        _ => Ok(()),
    }
}

/// Returns whether who asks may write to a file of the functions that move: udev's rules can let a
/// group do so.
pub(super) fn writable(host: &Host, card: &Selected<'_>, file: &str) -> bool {
    let functions = moves::moving(host, card);
    !functions.is_empty()
        && functions.iter().all(|function| {
            let path = format!("/sys/class/vga_stub/{}/{file}", function.name);
            rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_ok()
        })
}
