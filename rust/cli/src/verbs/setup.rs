// SPDX-License-Identifier: GPL-2.0

//! `vga-stub setup`: which cards vga-stub holds from the next boot on.

pub(super) mod merge;
pub(super) mod plan;
pub(super) mod show;
#[cfg(test)]
mod testing;

use clap::Args;

use crate::{
    card::{
        self,
        card_help, //
    },
    change::{
        apply,
        site::{
            Site,
            Trouble, //
        },
    },
    command::Context,
    facts::{
        host::Options as Wanted,
        Host, //
    },
    text::{
        escape::printable,
        shell, //
    },
    Failure,
    BAD,
    GOOD, //
};

/// Have vga-stub hold cards from the next boot on: the options and the initramfs
///
/// Without --apply it only shows what it would do. A card is named by its place, and each function
/// with its IDs, so that another device at that place is never held. Cards that were set up before
/// stay. vga-stub undo takes all of it back.
#[derive(Args, Debug)]
#[command(after_help = card_help!("\
Files:
  /etc/modprobe.d/vga-stub-cards.conf  what it writes
  /var/lib/vga-stub/setup.json         what it did

It is refused where it would leave the host without what it lives on: the only display, a group
with the disk, the network or the only keyboard of the host, no module for the kernel that boots next, Secure Boot
without the key, memory of the card that the firmware maps one to one.

Exit status:
  0  it was shown, or done, or nothing is to be done
  1  it is refused or has failed; what was changed has been put back
  2  it could not be looked at, there is no such card, or it takes root"))]
pub(crate) struct SetupArgs {
    /// The cards
    #[arg(value_name = "CARD", required = true)]
    pub(super) cards: Vec<String>,

    /// Do it
    #[arg(long)]
    pub(super) apply: bool,

    /// All functions of the slot, also where CARD is a function
    #[arg(long, conflicts_with = "functions")]
    pub(super) all_functions: bool,

    /// Only these functions of the slot: their numbers, with commas between
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u8).range(0..8))]
    pub(super) functions: Option<Vec<u8>>,

    /// Name the cards by their IDs: for one configuration on many machines
    #[arg(long)]
    pub(super) by_id: bool,

    /// The host may be left without a display, and without a keyboard
    #[arg(long)]
    pub(super) headless: bool,

    /// Print the words for the kernel's command line, and write nothing
    #[arg(long, conflicts_with_all = ["apply", "no_initramfs"])]
    pub(super) kernel_command_line: bool,

    /// Leave the initramfs images as they are
    #[arg(long)]
    pub(super) no_initramfs: bool,
}

/// Returns an error if the verb is to change something and is not called by root.
pub(super) fn check_root(context: &Context, verb: &str) -> Result<(), Failure> {
    context.only_here(verb)?;
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(Failure::Read(format!(
        "needs root: sudo vga-stub {}; nothing was changed",
        shell::arguments()
    )))
}

/// Does it.
pub(crate) fn run(context: &Context, args: &SetupArgs) -> Result<u8, Failure> {
    if args.apply {
        check_root(context, "setup")?;
    }
    let host = Host::read(&*context.source, &Wanted::default());
    let selected = card::resolve_all(&host, &args.cards).map_err(Failure::Read)?;
    let site = Site::live();
    let here = context.is_here();
    let plan = plan::now(&site, &*context.source, here)
        .and_then(|now| plan::setup(&host, &*context.source, now, &selected, args));
    let plan = match plan {
        Ok(plan) => plan,
        Err(trouble) => return refuse(&trouble),
    };
    carry_out(context, &site, &plan, args.apply)
}

/// Shows a plan, and carries it out if that is wanted.
pub(super) fn carry_out(
    context: &Context,
    site: &Site,
    plan: &plan::Plan,
    apply: bool,
) -> Result<u8, Failure> {
    let quiet = context.global.quiet;
    let json = context.global.json;
    let needed = plan.change.is_needed();
    let refused = !plan.refused.is_empty() || (apply && plan.nix.is_some() && needed);
    if refused || !apply || !needed {
        if json {
            context.print_json(&show::Json::new(plan, false))?;
        } else {
            context.print(&show::text(plan, quiet))?;
        }
        if refused {
            return Ok(BAD);
        }
        if apply {
            if let Err(trouble) = apply::tidy(site) {
                return refuse(&trouble);
            }
        }
        return Ok(GOOD);
    }
    let mut tell = |step: &str| {
        if !json && !quiet {
            // What is being done is no result.
            eprintln!("  {}", printable(step));
        }
    };
    match apply::apply(site, &*context.source, &plan.change, &mut tell) {
        Ok(()) => {}
        Err(trouble) => return refuse(&trouble),
    }
    if json {
        context.print_json(&show::Json::new(plan, true))?;
    } else {
        context.print(&show::done(plan, quiet))?;
    }
    Ok(GOOD)
}

/// Says why something was not done, with the exit code for it.
pub(super) fn refuse(trouble: &Trouble) -> Result<u8, Failure> {
    match trouble {
        Trouble::Refused(why) | Trouble::Undone(why) => Err(Failure::Refused(why.clone())),
        Trouble::Failed(why) => Err(Failure::Read(why.clone())),
        #[cfg(test)]
        Trouble::Killed => Ok(BAD),
    }
}
