// SPDX-License-Identifier: GPL-2.0

//! `vga-stub explain`.

use clap::Args;
use serde::Serialize;

use crate::{
    checks::{
        self,
        Check, //
    },
    command::Context,
    text::{
        columns::{
            table,
            Align, //
        },
        escape::printable,
        wrap::wrap, //
    },
    Failure,
    GOOD, //
};

/// Tell all about a thing that vga-stub doctor looks for: what, why, and what it costs to ignore
///
/// q1 to q10 are the questions of the oldest list on the matter: the group is not viable, the ACS
/// override changes nothing, and so on.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vga-stub explain             list all that is looked for
  vga-stub explain usb-host
  vga-stub explain q1")]
pub(crate) struct ExplainArgs {
    /// Its name, as in brackets in the doctor's lines and in the kernel's log
    id: Option<String>,
}

/// What is told, as JSON.
#[derive(Debug, Serialize)]
struct Told {
    /// The name.
    id: &'static str,
    /// Other names.
    aliases: &'static [&'static str],
    /// What is looked for.
    title: &'static str,
    /// All about it.
    about: &'static str,
    /// Where it is written down.
    sources: &'static [&'static str],
    /// What messages in the kernel's log have that it explains.
    log: &'static [&'static str],
}

impl From<&Check> for Told {
    fn from(check: &Check) -> Self {
        Self {
            id: check.id,
            aliases: check.aliases,
            title: check.title,
            about: check.about,
            sources: check.sources,
            log: check.log,
        }
    }
}

/// Does it.
pub(crate) fn run(context: &Context, args: &ExplainArgs) -> Result<u8, Failure> {
    let Some(id) = &args.id else {
        if context.global.json {
            let all: Vec<_> = checks::ALL.iter().map(|check| Told::from(*check)).collect();
            context.print_json(&all)?;
        } else {
            context.print(&list())?;
        }
        return Ok(GOOD);
    };
    let name = id.trim_matches(['[', ']']).to_ascii_lowercase();
    let check = checks::find(&name).ok_or_else(|| {
        Failure::Read(format!(
            "nothing is called {}; vga-stub explain lists all names",
            printable(id)
        ))
    })?;
    if context.global.json {
        context.print_json(&Told::from(check))?;
    } else {
        context.print(&text(check))?;
    }
    Ok(GOOD)
}

/// Returns the names of all checks and what they look for.
pub(crate) fn list() -> String {
    let row = |check: &&Check| vec![check.id.to_owned(), check.title.to_owned()];
    let rows: Vec<_> = checks::ALL.iter().map(row).collect();
    table(&[Align::Left, Align::Left], &rows, None)
}

/// Returns all about a check.
fn text(check: &Check) -> String {
    let mut out = format!("{}: {}\n", check.id, check.title);
    if !check.aliases.is_empty() {
        out += &format!("Also called {}.\n", check.aliases.join(", "));
    }
    out.push('\n');
    wrap(&mut out, "", check.about);
    if !check.log.is_empty() {
        out += "\nIn the kernel's log:\n";
        for text in check.log {
            wrap(&mut out, "  ", text);
        }
    }
    out += "\nSources:\n";
    for source in check.sources {
        wrap(&mut out, "  ", source);
    }
    out
}
