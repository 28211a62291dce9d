// SPDX-License-Identifier: GPL-2.0

//! `vga-stub man`: manual pages, one for each verb.

use clap::Args;
use clap_mangen::Man;

use crate::{
    command::{
        self,
        Context, //
    },
    text::escape::printable,
    Failure,
    GOOD, //
};

/// Print a manual page, for packages to install
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vga-stub man | man -l -
  vga-stub man doctor > vga-stub-doctor.1
  for page in $(vga-stub man --list); do vga-stub man $page > vga-stub-$page.1; done")]
pub(crate) struct ManArgs {
    /// The verb; that of the whole command if there is none
    verb: Option<String>,

    /// Print the verbs, a line for each
    #[arg(long)]
    list: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &ManArgs) -> Result<u8, Failure> {
    let mut whole = command::description();
    whole.build();
    if args.list {
        let verbs = whole.get_subcommands().map(clap::Command::get_name);
        let lines: String = verbs
            .filter(|verb| *verb != "help")
            .flat_map(|verb| [verb, "\n"])
            .collect();
        context.print(&lines)?;
        return Ok(GOOD);
    }
    let command = match &args.verb {
        None => whole,
        Some(verb) => {
            let found = whole
                .get_subcommands()
                .find(|command| command.get_name() == verb);
            let found = found.cloned().ok_or_else(|| {
                Failure::Read(format!(
                    "there is no verb {}; vga-stub man --list",
                    printable(verb)
                ))
            })?;
            let name: &'static str = Box::leak(format!("vga-stub-{verb}").into_boxed_str());
            found.display_name(name).name(name)
        }
    };
    let mut out = Vec::new();
    Man::new(command).render(&mut out)?;
    context.print(&String::from_utf8_lossy(&out))?;
    Ok(GOOD)
}
