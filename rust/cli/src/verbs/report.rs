// SPDX-License-Identifier: GPL-2.0

//! `vga-stub report`: one text file with all that the doctor read.

use std::path::PathBuf;

use clap::Args;

use super::doctor;
use crate::{
    checks,
    command::Context,
    facts::{
        record::{
            Kind,
            Record,
            Recorder,
            HEAD, //
        },
        Source, //
    },
    Failure,
    GOOD, //
};

/// Write one text file with all that the doctor read: to paste, and to look at with --root
///
/// What tells persons and machines apart is left out: serial numbers, MAC addresses, the host's
/// name, file systems' UUIDs, other programs' arguments. ROMs are left out for their copyright.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  it was written
  2  the machine could not be looked at, or the file could not be written

Examples:
  vga-stub report > machine.report
  vga-stub --root machine.report doctor")]
pub(crate) struct ReportArgs {
    /// The cards that the doctor is to look at
    #[arg(value_name = "CARD")]
    cards: Vec<String>,

    /// Write to this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Put the cards' ROMs in; mind their copyright
    #[arg(long)]
    with_rom: bool,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &ReportArgs) -> Result<u8, Failure> {
    let out = text(&*context.source, &args.cards, args.with_rom)?;
    match &args.output {
        None => context.print(&out)?,
        Some(path) => {
            let written = std::fs::File::create_new(path)
                .and_then(|mut file| std::io::Write::write_all(&mut file, out.as_bytes()));
            written.map_err(|error| {
                Failure::Read(format!("cannot write {}: {error}", path.display()))
            })?;
        }
    }
    Ok(GOOD)
}

/// Returns the report of a machine.
pub(crate) fn text(
    source: &dyn Source,
    cards: &[String],
    with_rom: bool,
) -> Result<String, Failure> {
    Ok(Written::new(source, cards, with_rom)?.text(""))
}

/// A machine, written down.
pub(crate) struct Written {
    /// What the doctor says of it.
    doctor: String,
    /// All that was read.
    record: Record,
}

impl Written {
    /// Writes it down.
    pub(crate) fn new(
        source: &dyn Source,
        cards: &[String],
        with_rom: bool,
    ) -> Result<Self, Failure> {
        let recorder = Recorder::new(source);
        let host = doctor::read(&recorder, cards, false)?;
        let findings = checks::run(&host);
        let mut record = recorder.into_record();
        if !with_rom {
            leave_out_roms(&mut record);
        }
        let doctor = doctor::text::text(&host, &findings, true, false);
        Ok(Self {
            doctor: anstream::adapter::strip_str(&doctor).to_string(),
            record,
        })
    }

    /// Returns the report, with a text for people before all else.
    pub(crate) fn text(&self, before: &str) -> String {
        let mut out = format!("{HEAD}\n\n");
        if !before.is_empty() {
            out += &format!("{before}\n");
        }
        out += &self.doctor;
        out.push('\n');
        self.record.write(&mut out);
        out
    }
}

/// Returns a report that has a text for people, and nothing of the machine.
pub(crate) fn without_machine(text: &str) -> String {
    format!("{HEAD}\n\n{text}")
}

/// Takes the ROMs out; that they were left out is what it takes to read them.
fn leave_out_roms(record: &mut Record) {
    for ((kind, path), datum) in &mut record.entries {
        if *kind == Kind::File && path.ends_with("/rom") && datum.known().is_some() {
            *datum = crate::facts::Datum::Unreadable("a report --with-rom".into());
        }
    }
}
