// SPDX-License-Identifier: GPL-2.0

//! The command line: options of all verbs, and which verb does what.

use std::{
    ffi::OsString,
    io::{
        IsTerminal,
        Write, //
    },
    path::PathBuf,
};

use clap::{
    Args,
    CommandFactory,
    FromArgMatches,
    Parser,
    Subcommand,
    ValueEnum, //
};

use crate::{
    act::live,
    facts::{
        self,
        Source, //
    },
    rom,
    text::{
        self,
        escape::printable, //
    },
    verbs,
    Failure,
    FAILED, //
};

/// Say what is wrong with graphics cards for virtual machines, and what to type
///
/// vga-stub looks at what vga-stub, the kernel module that holds graphics cards for virtual
/// machines, works with. The first thing to type is vga-stub doctor.
#[derive(Debug, Parser)]
#[command(
    name = "vga-stub",
    version,
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Options of all verbs.
    #[command(flatten)]
    global: Global,

    /// What to do.
    #[command(subcommand)]
    verb: Verb,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum When {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Options of all verbs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Print JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Colour the output: bold and red is a failure, yellow a warning, green good
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: When,

    /// Look at another machine: a directory with its sys/, proc/, etc/, boot/ and lib/modules/, or
    /// a file that vga-stub report wrote
    #[arg(long, global = true, value_name = "PATH")]
    root: Option<PathBuf>,

    /// Print results only, no hints
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// The verbs: each is a file of `verbs`, whose arguments say what it is for.
#[derive(Debug, Subcommand)]
#[allow(
    clippy::missing_docs_in_private_items,
    reason = "clap would show them in place of the arguments' own"
)]
enum Verb {
    Doctor(verbs::doctor::DoctorArgs),
    List(verbs::list::ListArgs),
    Explain(verbs::explain::ExplainArgs),
    Hold(verbs::hold::HoldArgs),
    Lend(verbs::lend::LendArgs),
    Handoff(verbs::handoff::HandoffArgs),
    Reclaim(verbs::reclaim::ReclaimArgs),
    Xml(verbs::xml::XmlArgs),
    Qemu(verbs::qemu::QemuArgs),
    #[command(name = "try")]
    Trial(verbs::trial::TrialArgs),
    Report(verbs::report::ReportArgs),
    Rom(rom::RomArgs),
    Setup(verbs::setup::SetupArgs),
    Undo(verbs::undo::UndoArgs),
    Completion(verbs::completion::CompletionArgs),
    Man(verbs::man::ManArgs),
}

/// What a verb works with, besides its own arguments.
pub(crate) struct Context {
    /// Options of all verbs.
    pub(crate) global: Global,
    /// The machine that is looked at.
    pub(crate) source: Box<dyn Source>,
    /// How many columns there are; nothing where lines are not to be cut.
    pub(crate) width: Option<usize>,
}

impl Context {
    /// Prints a verb's result; colours go with it if they are wanted.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Prints a verb's result for another program: with NULs, which a terminal does not get.
    pub(crate) fn print_raw(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// Prints a verb's result as JSON.
    pub(crate) fn print_json(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        let json = serde_json::to_string_pretty(value);
        self.print(&(json.map_err(std::io::Error::from)? + "\n"))
    }

    /// Returns whether this machine is looked at.
    pub(crate) fn is_here(&self) -> bool {
        self.global.root.is_none()
    }

    /// Returns an error if the verb, which changes something, was told to look at another machine.
    pub(crate) fn only_here(&self, verb: &str) -> Result<(), Failure> {
        match &self.global.root {
            None => Ok(()),
            Some(root) => Err(Failure::Read(format!(
                "{verb} changes this machine; it cannot be told to look at {} by --root",
                printable(&root.to_string_lossy())
            ))),
        }
    }
}

/// The columns of an output that is no terminal but is asked to be cut, for tests and for people.
fn columns() -> Option<usize> {
    let asked = std::env::var("COLUMNS")
        .ok()
        .and_then(|text| text.parse().ok());
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok();
    asked.or(size
        .map(|size| usize::from(size.ws_col))
        .filter(|&columns| columns > 0))
}

/// Returns clap's description of the command, for completions and manual pages.
pub(crate) fn description() -> clap::Command {
    Cli::command().mut_subcommand("doctor", |doctor| {
        let help = doctor.get_after_help().map(ToString::to_string);
        let checks = format!(
            "{}\n\nWhat is looked for, by the names that explain takes:\n\n{}",
            help.unwrap_or_default(),
            verbs::explain::list()
        );
        doctor.after_long_help(checks)
    })
}

/// Says what is wrong with the command line, or shows help, and ends. What was typed may be the name
/// of a file, with anything in it: what is said is of the same words as they can be printed.
fn reject(error: &clap::Error) -> ! {
    let words = std::env::args_os().map(|word| printable(&word.to_string_lossy()).into_owned());
    let again = description().try_get_matches_from(words).err();
    let error = again.as_ref().unwrap_or(error);
    if error.use_stderr() && is_json_wanted(std::env::args_os().skip(1)) {
        text::error::print(&error.to_string(), FAILED);
    }
    error.exit()
}

/// Returns whether a command line that may be wrong asks for JSON.
pub(crate) fn is_json_wanted(mut words: impl Iterator<Item = OsString>) -> bool {
    words
        .by_ref()
        .take_while(|word| word != "--")
        .any(|word| word == "--json")
}

/// Does what the command line says, and returns the exit code.
pub(crate) fn run() -> Result<u8, Failure> {
    if let Some(number) = live::child(std::env::args_os().skip(1)) {
        return Ok(number);
    }
    let matches = description().try_get_matches();
    let parsed = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    let Cli { global, verb } = parsed.unwrap_or_else(|error| reject(&error));
    match global.color {
        When::Auto => {}
        When::Always => anstream::ColorChoice::Always.write_global(),
        When::Never => anstream::ColorChoice::Never.write_global(),
    }
    let context = Context {
        source: facts::open(global.root.as_deref()).map_err(Failure::Read)?,
        global,
        width: columns(),
    };
    match verb {
        Verb::Doctor(args) => verbs::doctor::run(&context, &args),
        Verb::Explain(args) => verbs::explain::run(&context, &args),
        Verb::Hold(args) => verbs::hold::run(&context, &args),
        Verb::Lend(args) => verbs::lend::run(&context, &args),
        Verb::Handoff(args) => verbs::handoff::run(&context, &args),
        Verb::Reclaim(args) => verbs::reclaim::run(&context, &args),
        Verb::Xml(args) => verbs::xml::run(&context, &args),
        Verb::Qemu(args) => verbs::qemu::run(&context, &args),
        Verb::Trial(args) => verbs::trial::run(&context, &args),
        Verb::Report(args) => verbs::report::run(&context, &args),
        Verb::List(args) => verbs::list::run(&context, &args),
        Verb::Rom(args) => rom::run(&context, &args),
        Verb::Setup(args) => verbs::setup::run(&context, &args),
        Verb::Undo(args) => verbs::undo::run(&context, &args),
        Verb::Completion(args) => verbs::completion::run(&context, &args),
        Verb::Man(args) => verbs::man::run(&context, &args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_units_say_is_understood() {
        let told = std::env::var_os("CHECKOUT").map(PathBuf::from);
        let tree = told.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.."));
        let mut found = 0;
        for entry in std::fs::read_dir(tree.join("packaging/systemd")).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for line in text.lines().filter(|line| line.starts_with("Exec")) {
                let (_, words) = line.split_once("=/usr/bin/").unwrap();
                let words = words.replace("%i", "01:00");
                let parsed = description().try_get_matches_from(words.split(' '));
                assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
                found += 1;
            }
        }
        assert_eq!(found, 4);
    }
}
