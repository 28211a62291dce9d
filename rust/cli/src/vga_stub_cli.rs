// SPDX-License-Identifier: GPL-2.0

//! `vga-stub`, the user's command: it looks at what vga-stub, the kernel module, works with, says
//! what is wrong, and what to type.
//!
//! - `facts` reads a machine through a `Source` (the live one, a directory, a report file) into one
//!   plain `Host`, in which each datum is known, absent or unreadable.
//! - `act` changes the machine: what the verbs do that give cards away and take them back.
//! - `card` finds the functions that a CARD argument means.
//! - `assignment` says how a guest gets a card.
//! - `checks` has a file for each thing that can be wrong: a pure function over a `Host`.
//! - `change` is what `setup` and `undo` do to a machine.
//! - `verbs` has a file for each verb, `rom` that of the verb `rom`.
//! - `text` has what they print with.

// A test's name says what it is about.
#![cfg_attr(test, allow(clippy::missing_docs_in_private_items))]

mod act;
mod assignment;
mod card;
mod change;
mod checks;
mod command;
mod facts;
mod rom;
mod text;
mod verbs;

use std::{
    io,
    process::ExitCode, //
};

/// Exit code: nothing is wrong, or it is done.
pub(crate) const GOOD: u8 = 0;
/// Exit code: something is wrong, or refused; nothing was changed.
pub(crate) const BAD: u8 = 1;
/// Exit code: no look was possible, or no permission. clap uses it for a bad command line, too.
pub(crate) const FAILED: u8 = 2;

/// Why there is no answer.
pub(crate) enum Failure {
    /// Something could not be read, or was not understood; this says why.
    Read(String),
    /// It is refused, or has failed and was put back; this says why.
    Refused(String),
    /// The answer could not be written.
    Write(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Write(error)
    }
}

/// Does what the command line says, and returns the exit code.
pub fn run() -> ExitCode {
    match command::run() {
        Ok(code) => code.into(),
        // Whoever reads us has seen enough: `vga-stub rom FILE | head -1`.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => GOOD.into(),
        Err(Failure::Write(error)) => say(&format!("cannot write: {error}"), FAILED),
        Err(Failure::Read(message)) => fail(&message, FAILED),
        Err(Failure::Refused(message)) => fail(&message, BAD),
    }
}

/// Says what went wrong, to programs that have asked for JSON, too.
fn fail(message: &str, code: u8) -> ExitCode {
    if command::is_json_wanted(std::env::args_os().skip(1)) {
        text::error::print(message, code);
    }
    say(message, code)
}

/// Says what went wrong to people.
fn say(message: &str, code: u8) -> ExitCode {
    eprintln!("vga-stub: {}", text::escape::printable_lines(message));
    code.into()
}

/// Looks at the machine in a directory as `doctor` does, and returns how many files and directories
/// were looked at and how many findings there are: for the benchmark.
#[doc(hidden)]
pub fn diagnose(root: &std::path::Path) -> Result<(usize, usize), String> {
    let source = facts::open(Some(root))?;
    let recorder = facts::record::Recorder::new(&*source);
    let host = facts::Host::read(&recorder, &facts::host::Options::default());
    let findings = checks::run(&host).len();
    Ok((recorder.into_record().entries.len(), findings))
}

/// Reads bytes as a report and looks at its machine in every way: for the fuzzer.
#[doc(hidden)]
pub fn digest(bytes: &[u8]) {
    let Ok(record) = facts::record::Record::parse(bytes) else {
        return;
    };
    let mut text = format!("{}\n", facts::record::HEAD);
    record.write(&mut text);
    if let Ok(text) = verbs::report::text(&record, &[], true) {
        // What is written can be read.
        assert!(facts::record::Record::parse(text.as_bytes()).is_ok());
    }
    let host = facts::Host::read(&record, &facts::host::Options::default());
    let _ = verbs::list::everything(&host);
    let _ = verbs::xml::everything(&host);
    // A line each, whatever stands in names.
    let metrics = verbs::list::metrics(&host);
    assert!(metrics
        .lines()
        .all(|line| line.starts_with("# ") || line.starts_with("vga_stub_")));
}
