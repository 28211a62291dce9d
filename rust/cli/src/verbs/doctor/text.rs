// SPDX-License-Identifier: GPL-2.0

//! What was found, as text.

use anstyle::Style;

use super::Counts;
use crate::{
    checks::{
        Finding,
        Level,
        Subject, //
    },
    facts::{
        Datum,
        Host, //
    },
    text::{
        columns::width,
        escape::printable,
        paint::{
            paint,
            BAD,
            GOOD,
            HINT,
            WARN, //
        },
        wrap::{
            wrap,
            COLUMNS, //
        }, //
    },
};

/// How far findings stand to the right: behind the word for their level.
const INDENT: &str = "        ";

/// Returns what was found.
pub(crate) fn text(host: &Host, findings: &[Finding], verbose: bool, quiet: bool) -> String {
    let mut out = String::new();
    if !quiet {
        wrap(&mut out, "", &head(host));
    }
    let mut part = None;
    for finding in findings {
        let shown = match finding.level {
            Level::Fail | Level::Warn | Level::Info => true,
            Level::Ok => verbose || (finding.headline && !quiet),
            Level::Unknown => verbose,
        };
        if !shown {
            continue;
        }
        let this = heading(host, &finding.subject);
        if part.as_ref() != Some(&this) {
            if !out.is_empty() {
                out.push('\n');
            }
            wrap(&mut out, "", &this);
            part = Some(this);
        }
        write(&mut out, finding, verbose);
    }
    if !quiet {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &summary(findings);
    }
    out
}

/// Returns the first line: what the machine is.
fn head(host: &Host) -> String {
    let mut parts = vec![];
    let kernel = host
        .kernels
        .running
        .known()
        .map_or("an unknown kernel", String::as_str);
    let version = match &host.selection.version {
        Datum::Known(version) => format!("vga-stub {version}"),
        _ => "vga-stub".into(),
    };
    parts.push(format!("{version} on Linux {kernel}"));
    parts.extend(host.system.os.known().cloned());
    if host.system.is_xen() {
        parts.push("Xen".into());
    }
    match (&host.system.efi, &host.system.secure_boot) {
        (Datum::Known(()), Datum::Known(true)) => parts.push("UEFI, Secure Boot on".into()),
        (Datum::Known(()), _) => parts.push("UEFI".into()),
        (Datum::Absent, _) => parts.push("BIOS".into()),
        (Datum::Unreadable(_), _) => {}
    }
    printable(&parts.join(", ")).into_owned()
}

/// Returns the heading that a subject stands below.
fn heading(host: &Host, subject: &Subject) -> String {
    let text = match subject {
        Subject::Machine => "Machine".into(),
        Subject::Boot => "Module and boot".into(),
        Subject::Domain(name) => format!("Guest {name}"),
        Subject::Card(slot) | Subject::Function(slot, _) => {
            let cards = host.cards();
            let card = cards.iter().find(|card| card.slot == *slot);
            match card.and_then(|card| card.main()) {
                Some(main) => format!("Card {slot}  {}, place {}", main.words(), main.place(false)),
                None => format!("Card {slot}"),
            }
        }
    };
    printable(&text).into_owned()
}

/// Writes a finding.
pub(crate) fn write(out: &mut String, finding: &Finding, verbose: bool) {
    let (word, style) = match finding.level {
        Level::Fail => ("FAIL", BAD),
        Level::Warn => ("warn", WARN),
        Level::Info => ("info", Style::new()),
        Level::Ok => ("ok", GOOD),
        Level::Unknown => ("?", HINT),
    };
    let summary = match &finding.needs {
        Some(needs) => format!("not looked at: {} (it takes {needs})", finding.summary),
        None => finding.summary.clone(),
    };
    let tag = if finding.id.is_empty() || (finding.level == Level::Ok && !verbose) {
        String::new()
    } else {
        format!("[{}]", finding.id)
    };
    // The name stands at the right of the last line, if there is room for it.
    let mut lines = String::new();
    wrap(&mut lines, INDENT, &printable(&summary));
    let first = lines
        .get(INDENT.len()..)
        .unwrap_or_default()
        .trim_end()
        .to_owned();
    let label = format!("  {}{}", paint(style, word), " ".repeat(6 - word.len()));
    let last = lines.lines().last().map_or(0, width);
    *out += &label;
    *out += &first;
    if tag.is_empty() {
        out.push('\n');
    } else if last + 2 + tag.len() <= COLUMNS {
        let blanks = " ".repeat(COLUMNS - last - tag.len());
        *out += &format!("{blanks}{}\n", paint(HINT, &tag));
    } else {
        let blanks = " ".repeat(COLUMNS - tag.len());
        *out += &format!("\n{blanks}{}\n", paint(HINT, &tag));
    }
    if !finding.detail.is_empty() {
        wrap(out, INDENT, &printable(&finding.detail));
    }
    for remedy in &finding.remedy {
        let after = if remedy.needs_reboot {
            " (takes a reboot)"
        } else {
            ""
        };
        let text = format!("{}{after}", remedy.text.trim_end_matches(['.', ':']));
        match &remedy.command {
            // Commands are to be copied: they are not broken.
            Some(command) => {
                wrap(out, INDENT, &printable(&format!("{text}:")));
                *out += &format!("{INDENT}  {}\n", printable(command));
            }
            None => wrap(out, INDENT, &printable(&format!("{text}."))),
        }
    }
    if verbose {
        for evidence in &finding.evidence {
            let text = format!("{}: {}", evidence.source, evidence.text);
            wrap(out, "          ", &printable(&text));
        }
    }
}

/// Returns the last lines: how much of what was found.
fn summary(findings: &[Finding]) -> String {
    let counts = Counts::new(findings);
    let plural = |count: usize, one: &str, more: &str| match count {
        1 => format!("1 {one}"),
        count => format!("{count} {more}"),
    };
    let mut text = format!(
        "{}, {}, {} good",
        plural(counts.fail, "failure", "failures"),
        plural(counts.warn, "warning", "warnings"),
        counts.ok
    );
    let mut needs: Vec<_> = findings
        .iter()
        .filter_map(|finding| finding.needs.as_deref())
        .collect();
    needs.sort_unstable();
    needs.dedup();
    if counts.unknown > 0 {
        let needs = printable(&needs.join("; ")).into_owned();
        text += &format!(", {} not looked at (it takes {needs})", counts.unknown);
    }
    text.push('.');
    let mut out = String::new();
    wrap(&mut out, "", &text);
    let mut worst = findings
        .iter()
        .filter(|finding| finding.level <= Level::Info);
    if let Some(finding) = worst.by_ref().min_by_key(|finding| finding.level) {
        out += &format!("More on a line: vga-stub explain {}\n", finding.id);
    }
    out
}
