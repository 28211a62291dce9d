// SPDX-License-Identifier: GPL-2.0

//! A plan, as text and as JSON.

use serde::Serialize;

use super::plan::Plan;
use crate::{
    change::{
        OPTIONS,
        RECORD, //
    },
    checks::Finding,
    text::{
        escape::printable,
        wrap::wrap, //
    },
    verbs::doctor,
};

/// How far what belongs to a line stands to the right.
const INDENT: &str = "          ";

/// Returns what would be done, or why it is not.
pub(crate) fn text(plan: &Plan, quiet: bool) -> String {
    let mut out = String::new();
    if !plan.refused.is_empty() {
        out += "Nothing has been changed: it is refused.\n\n";
        findings(&mut out, &plan.refused);
        return out;
    }
    if !plan.words.is_empty() {
        out += "Nothing is written: the boot loader's configuration is yours. This belongs into\n\
                its kernel command line:\n\n";
        out += &format!("{}\n", printable(&plan.words.join(" ")));
        if !plan.warnings.is_empty() {
            out += "\nStill wrong, or to be known:\n";
            findings(&mut out, &plan.warnings);
        }
        if !quiet {
            let card = plan.again.replace(" --kernel-command-line", "");
            out += &format!("\nThe same for modprobe:  sudo vga-stub setup {card} --apply\n");
            out += "Do one of the two: only the last one counts.\n";
        }
        return out;
    }
    if !plan.change.is_needed() {
        return match plan.verb {
            "setup" => "Nothing to do: it is set up so.\n".into(),
            _ => "Nothing to do: nothing is set up.\n".into(),
        };
    }
    if let Some(nix) = &plan.nix {
        out += "NixOS makes its files from its configuration: nothing is written here.\n\
                This belongs into it, beside a package of the module:\n\n";
        out += nix;
        return out;
    }
    out += "Nothing has been changed yet. This would be done:\n\n";
    line(&mut out, plan);
    if plan.change.takes_reboot() {
        out += "  reboot  then vga-stub doctor says whether it worked\n";
    }
    if !plan.warnings.is_empty() {
        out += "\nStill wrong, or to be known:\n";
        findings(&mut out, &plan.warnings);
    }
    if !quiet {
        let again = format!("sudo vga-stub {} {}", plan.verb, plan.again);
        out += &format!("\nTo do it:                 {} --apply\n", again.trim_end());
        if plan.verb == "setup" {
            out += "To undo it:               sudo vga-stub undo --apply\n";
            out += "To boot without it once:  module_blacklist=vga_stub\n";
        }
    }
    out
}

/// Returns what was done.
pub(crate) fn done(plan: &Plan, quiet: bool) -> String {
    let mut out = match (plan.verb, plan.change.takes_reboot()) {
        (_, false) => String::from("Done.\n"),
        ("setup", true) => "Done. It takes effect at the next boot.\n".into(),
        (_, true) => "Done. At the next boot the cards are the host's.\n".into(),
    };
    if quiet {
        return out;
    }
    if plan.stale {
        out += "The initramfs images are as they were: until they are made anew they have the \
                options of\nbefore.\n";
    }
    if !plan.warnings.is_empty() {
        out += "\nStill wrong, or to be known:\n";
        findings(&mut out, &plan.warnings);
        out.push('\n');
    }
    if plan.verb == "setup" {
        out += "After the reboot:         vga-stub doctor\n";
        out += "To undo it:               sudo vga-stub undo --apply\n";
        out += "To boot without it once:  module_blacklist=vga_stub\n";
    }
    out
}

/// Writes the lines of a plan.
fn line(out: &mut String, plan: &Plan) {
    for card in &plan.cards {
        let functions: Vec<_> = card
            .functions
            .iter()
            .filter_map(|name| name.rsplit_once('.'))
            .map(|(_, number)| format!(".{number}"))
            .collect();
        let groups: Vec<_> = card.groups.iter().map(u32::to_string).collect();
        let groups = match groups.as_slice() {
            [] => String::new(),
            [group] => format!(", group {group}"),
            groups => format!(", groups {}", groups.join(" ")),
        };
        let text = format!(
            "{} {}: {}{groups}",
            card.slot,
            card.name,
            functions.join(" ")
        );
        out.push_str(&labelled("card", &text));
    }
    for display in &plan.kept {
        let text = format!("keeps {}", printable(display));
        out.push_str(&labelled("host", &text));
    }
    let (before, after) = (&plan.change.before, &plan.change.after);
    if before != after {
        let verb = if after.is_some() { "write" } else { "remove" };
        *out += &format!("  {verb:<6}  {OPTIONS}\n");
        let lines = |text: &Option<String>| -> Vec<String> {
            let text = text.as_deref().unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        let (before, after) = (lines(before), lines(after));
        for gone in before.iter().filter(|line| !after.contains(line)) {
            *out += &format!("{INDENT}- {}\n", printable(gone));
        }
        for line in &after {
            let mark = if before.contains(line) { ' ' } else { '+' };
            let text = format!("{INDENT}{mark} {}", printable(line));
            *out += text.trim_end();
            out.push('\n');
        }
    }
    let mut label = "run";
    for words in &plan.change.commands {
        *out += &format!("  {label:<6}  {}\n", printable(&words.join(" ")));
        label = "";
    }
    if plan.change.was != plan.change.will {
        let verb = if plan.change.will.is_some() {
            "write"
        } else {
            "remove"
        };
        *out += &format!("  {verb:<6}  {RECORD}\n");
    }
}

/// Returns a line behind a word, broken where it is too long.
fn labelled(label: &str, text: &str) -> String {
    let mut out = String::new();
    wrap(&mut out, INDENT, text);
    let rest = out.get(INDENT.len()..).unwrap_or_default();
    format!("  {label:<6}  {rest}")
}

/// Writes findings as the doctor does.
fn findings(out: &mut String, findings: &[Finding]) {
    for finding in findings {
        doctor::text::write(out, finding, false);
    }
}

/// A plan, as JSON. The fields are what other programs rely on.
#[derive(Debug, Serialize)]
pub(crate) struct Json<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// The verb.
    verb: &'static str,
    /// Whether it is refused.
    refused: bool,
    /// Whether there is anything to do, or was.
    needed: bool,
    /// Whether it was done.
    applied: bool,
    /// Whether it takes a reboot to have an effect.
    reboot: bool,
    /// The cards that were asked for.
    cards: Vec<Card<'a>>,
    /// The file that is written.
    files: Vec<Changed<'a>>,
    /// What is run.
    commands: Vec<&'a [String]>,
    /// The words for the kernel's command line, where only these were asked for.
    words: &'a [String],
    /// What to write into the configuration of NixOS.
    nix: Option<&'a str>,
    /// What forbids it.
    refusals: &'a [Finding],
    /// What goes wrong besides.
    warnings: &'a [Finding],
}

/// A card.
#[derive(Debug, Serialize)]
struct Card<'a> {
    /// Its slot.
    slot: &'a str,
    /// Its name in words.
    name: &'a str,
    /// Its functions that are meant.
    functions: &'a [String],
    /// Their IOMMU groups.
    groups: &'a [u32],
}

/// A file.
#[derive(Debug, Serialize)]
struct Changed<'a> {
    /// Where it is.
    path: &'static str,
    /// What it had; nothing where it was not there.
    before: Option<&'a str>,
    /// What it has; nothing where it is not there.
    after: Option<&'a str>,
}

impl<'a> Json<'a> {
    /// Makes it.
    pub(crate) fn new(plan: &'a Plan, applied: bool) -> Self {
        let change = &plan.change;
        let card = |card: &'a super::plan::Shown| Card {
            slot: &card.slot,
            name: &card.name,
            functions: &card.functions,
            groups: &card.groups,
        };
        let file = Changed {
            path: OPTIONS,
            before: change.before.as_deref(),
            after: change.after.as_deref(),
        };
        let written = change.before != change.after && plan.nix.is_none();
        Self {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            verb: plan.verb,
            refused: !plan.refused.is_empty(),
            needed: change.is_needed(),
            applied,
            reboot: change.takes_reboot(),
            cards: plan.cards.iter().map(card).collect(),
            files: written.then_some(file).into_iter().collect(),
            commands: change.commands.iter().map(Vec::as_slice).collect(),
            words: &plan.words,
            nix: plan.nix.as_deref(),
            refusals: &plan.refused,
            warnings: &plan.warnings,
        }
    }
}
