// SPDX-License-Identifier: GPL-2.0

//! `vga-stub try`: the whole story of a card on this machine, without a reboot, and without leaving
//! anything.

use std::{
    fs::File,
    io::Write,
    path::PathBuf,
    time::Duration, //
};

use clap::Args;
use serde::Serialize;

use super::report;
use crate::{
    act::{
        hold,
        live::Live,
        outcome::needs_root,
        trial::{
            self,
            Trial, //
        },
        Act, //
    },
    card,
    command::Context,
    facts::{
        Function,
        Host, //
    },
    text::{
        escape::{
            printable,
            printable_lines, //
        },
        wrap::wrap, //
    },
    Failure,
    BAD,
    GOOD, //
};

/// Try a card on this machine, without a reboot: hold, ROM, hand-off, reclaim, and back to the host
///
/// Each step is looked at afterwards. At the end drivers, overrides, configuration space and the
/// VGA arbiter are compared with what was found. If a step fails, all is put back. The result is
/// also written as a report, which can be sent in: see Documentation/hardware.rst.
#[derive(Args, Debug)]
#[command(after_help = "\
The card must not be open in a program, nor have the console. Modules that are loaded for it are
unloaded again.

Exit status:
  0  all of it worked, and all is as it was
  1  a step failed, or something is not as it was: it is named
  2  there is no such card, or it takes root, or the report could not be written

Examples:
  vga-stub try 01:00
  vga-stub try 01:00 --output card.report")]
pub(crate) struct TrialArgs {
    /// The card
    #[arg(value_name = "CARD")]
    card: String,

    /// Write the report to this file, which must not be there yet
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Try it also if the console draws on it: the console is taken off it first
    #[arg(long)]
    force: bool,

    /// How long a driver may take to let go of it
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
        value_parser = clap::value_parser!(u32).range(1..))]
    wait: u32,
}

/// What `try` prints as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// The verb.
    verb: &'static str,
    /// The kernel's release.
    kernel: Option<&'a str>,
    /// The file with the report.
    report: String,
    /// What came of it.
    #[serde(flatten)]
    trial: &'a Trial,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &TrialArgs) -> Result<u8, Failure> {
    context.only_here("try")?;
    let host = Host::of_cards(&*context.source);
    let selected = card::resolve(&host, &args.card).map_err(Failure::Read)?;
    let [selected] = selected.as_slice() else {
        return Err(Failure::Read("try takes one card at a time".into()));
    };
    if !rustix::process::geteuid().is_root() {
        return Err(Failure::Read(needs_root()));
    }
    let path = args.output.clone().unwrap_or_else(|| {
        let slot = selected.slot.to_string();
        PathBuf::from(format!("vga-stub-{}.report", slot.replace(':', "-")))
    });
    let shown = printable(&path.to_string_lossy()).into_owned();
    // Before anything is touched.
    let file = File::create_new(&path);
    let cannot = |error| Failure::Read(format!("cannot write {shown}: {error}"));
    let mut file = file.map_err(cannot)?;

    let options = hold::Options {
        force: args.force,
        wait: Duration::from_secs(args.wait.into()),
    };
    let mut hands = Live::new(&*context.source);
    let mut act = Act::new(&mut hands, false);
    let mut trial = trial::go(&host, selected, options, &mut act);
    // While the module still shows what it has found.
    // What a driver has locked that has not come back is not read: nobody would come back from that.
    let written = (!act.is_stuck())
        .then(|| report::Written::new(&*context.source, &[selected.slot.to_string()], false));
    trial::finish(&mut trial, &mut act);

    let kernel = context.source.value("/proc/sys/kernel/osrelease");
    let kernel = kernel.known().map(String::as_str);
    let head = selected.functions.iter().copied();
    let head = head
        .clone()
        .find(|function| function.is_display())
        .or(head.clone().next());
    let text = text(&trial, head, kernel);
    let head = anstream::adapter::strip_str(&text).to_string();
    let whole = match written {
        Some(written) => written?.text(&head),
        None => report::without_machine(&head),
    };
    file.write_all(whole.as_bytes()).map_err(cannot)?;
    if context.global.json {
        context.print_json(&Json {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            verb: "try",
            kernel,
            report: shown,
            trial: &trial,
        })?;
    } else {
        context.print(&text)?;
        if !context.global.quiet {
            context.print(&format!(
                "\nThe report is in {shown}; Documentation/hardware.rst says where it is wanted.\n"
            ))?;
        }
    }
    Ok(if trial.done { GOOD } else { BAD })
}

/// Returns what came of a trial as text.
fn text(trial: &Trial, function: Option<&Function>, kernel: Option<&str>) -> String {
    let words = function.map_or_else(String::new, |function| {
        let title = function.title.as_deref().map(printable);
        let title = title.map_or_else(String::new, |title| format!(" {title},"));
        format!("{title} {}", function.ids())
    });
    let mut out = String::new();
    wrap(&mut out, "", &format!("Trial of {}{words}", trial.card));
    out += &format!(
        "by vga-stub {} on Linux {}\n",
        env!("CARGO_PKG_VERSION"),
        printable(kernel.unwrap_or("?"))
    );
    for line in &trial.lines {
        let mark = if line.good { "ok" } else { "FAIL" };
        wrap_behind(
            &mut out,
            &format!("  {mark:<5} {:<10}", line.step),
            &line.text,
        );
        for problem in &line.problems {
            wrap(&mut out, "          ", &printable_lines(problem));
        }
    }
    for hint in &trial.hints {
        wrap(&mut out, "  ", &printable_lines(hint));
    }
    out += if trial.done {
        "All of it worked, and all is as it was found.\n"
    } else {
        "Not all of it worked.\n"
    };
    out
}

/// Appends a text in lines, the first behind `first`, the others below its text.
fn wrap_behind(out: &mut String, first: &str, text: &str) {
    let indent = " ".repeat(first.len() + 1);
    let mut lines = String::new();
    wrap(&mut lines, &indent, &printable(text));
    match lines.strip_prefix(indent.as_str()) {
        Some(rest) => *out += &format!("{first} {rest}"),
        None => *out += &format!("{}\n", first.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        act::testing::{
            for_the_schema,
            tried,
            Model, //
        },
        facts::testing::good, //
    };

    #[test]
    fn lines_have_eighty_columns() {
        let mut model = Model::new(good().lost("0000:01:00.0", "nouveau"));
        model.fail(
            "reclaim",
            rustix::io::Errno::BUSY,
            "vga-stub 0000:01:00.0: no",
        );
        let trial = tried(&mut model);
        let host = model.host();
        let text = text(&trial, host.function("0000:01:00.0"), Some("7.3"));
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        assert!(
            text.contains("\n  FAIL  reclaim\n          01:00 was not taken back: EBUSY"),
            "{text}"
        );
        assert!(text.ends_with("\nNot all of it worked.\n"));
    }

    #[test]
    fn json_for_the_schema() {
        let trial = tried(&mut Model::new(good().lost("0000:01:00.0", "nouveau")));
        assert!(trial.done);
        let json = Json {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            verb: "try",
            kernel: Some("7.3"),
            report: "card.report".into(),
            trial: &trial,
        };
        let json = serde_json::to_string_pretty(&json).unwrap();
        for_the_schema("try.json", &json);
    }
}
