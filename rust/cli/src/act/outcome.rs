// SPDX-License-Identifier: GPL-2.0

//! What came of a verb that changes something: of each card, who has it now, what was done, and what
//! was in the way. As text and as JSON, whose fields other programs rely on.

use std::io::Write;

use serde::Serialize;

use super::{
    Act,
    Refused,
    Step, //
};
use crate::{
    card::{
        self,
        Selected, //
    },
    command::Context,
    facts::{
        Function,
        Host, //
    },
    text::{
        escape::printable,
        shell, //
    },
    verbs::list::guests_of,
    Failure,
    BAD,
    GOOD, //
};

/// A process that has a function open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct User {
    /// The function.
    pub(crate) function: String,
    /// The process.
    pub(crate) pid: u32,
    /// Its name.
    pub(crate) name: String,
    /// The file that it has open.
    pub(crate) file: String,
}

/// A function, before and now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    /// Its address.
    pub(crate) address: String,
    /// The driver that had it.
    pub(crate) driver_before: Option<String>,
    /// The driver that has it.
    pub(crate) driver: Option<String>,
    /// Who has it, in the word of `list`.
    pub(crate) state: String,
}

/// What is not as it was, and could not be put back as a driver has not come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Left {
    /// The file.
    pub(crate) file: String,
    /// What it had.
    pub(crate) before: String,
    /// What it has.
    pub(crate) now: String,
}

/// What came of it for a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    /// The card, or the function if one was named.
    pub(crate) card: String,
    /// Whether all is as it was asked for.
    pub(crate) done: bool,
    /// Whether something was changed for it.
    pub(crate) changed: bool,
    /// What is so now, or why nothing had to be done.
    pub(crate) says: String,
    /// What was in the way.
    pub(crate) problems: Vec<String>,
    /// What to do about it, or to know.
    pub(crate) hints: Vec<String>,
    /// Who has it open, where that was in the way.
    pub(crate) users: Vec<User>,
    /// Its functions.
    pub(crate) functions: Vec<Change>,
    /// What was done, or would be.
    pub(crate) steps: Vec<Step>,
    /// What could not be put back.
    pub(crate) left: Vec<Left>,
}

impl Outcome {
    /// Begins one, of functions as they are now.
    pub(crate) fn new(selected: &Selected<'_>, functions: &[&Function]) -> Self {
        let change = |function: &&Function| Change {
            address: function.name.clone(),
            driver_before: function.driver.known().cloned(),
            driver: function.driver.known().cloned(),
            state: function.state().to_owned(),
        };
        Self {
            card: label(selected),
            functions: functions.iter().map(change).collect(),
            ..Self::default()
        }
    }

    /// Nothing had to be done.
    pub(crate) fn nothing(mut self, why: impl std::fmt::Display) -> Self {
        self.done = true;
        self.says = format!("{}: nothing to do: {why}", self.card);
        self
    }

    /// It is not done, for this.
    pub(crate) fn refuse(mut self, problem: impl Into<String>) -> Self {
        self.problem(problem);
        self
    }

    /// Adds what to do, or to know.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds what was in the way.
    pub(crate) fn problem(&mut self, problem: impl Into<String>) {
        self.done = false;
        self.problems.push(problem.into());
    }

    /// Adds what was in the way, and what the kernel said of it.
    pub(crate) fn refused(&mut self, what: impl std::fmt::Display, refused: &Refused) {
        self.problem(format!("{what}: {}", refused.why));
        self.kernel(&refused.kernel);
    }

    /// Adds that a function of a card is with a guest's driver, and how it comes back.
    pub(crate) fn with_guest(&mut self, function: &Function, driver: &str) {
        self.problem(format!(
            "{} is with {driver}, which has it for a guest",
            function.short()
        ));
        self.hints.push(format!("vga-stub reclaim {}", self.card));
    }

    /// What was in the way was seen before anything was touched.
    pub(crate) fn untouched(self) -> Self {
        self.refuse("Nothing was changed.")
    }

    /// Adds what the kernel said of what was in the way.
    pub(crate) fn kernel(&mut self, lines: &[String]) {
        let lines = lines.iter().map(|line| format!("kernel: {line}"));
        self.problems.extend(lines);
    }

    /// Adds who has a function open.
    pub(crate) fn open_in(&mut self, host: &Host, function: &Function) {
        for user in host.users(function) {
            self.users.push(User {
                function: function.name.clone(),
                pid: user.pid,
                name: user.name.clone(),
                file: user.file.clone(),
            });
        }
    }

    /// Notes who has the functions now.
    pub(crate) fn look_again(&mut self, now: &Host) {
        for change in &mut self.functions {
            match now.function(&change.address) {
                Some(function) => {
                    change.driver = function.driver.known().cloned();
                    change.state = function.state().to_owned();
                }
                None => {
                    change.driver = None;
                    change.state = "gone".into();
                }
            }
        }
        self.changed |= self
            .functions
            .iter()
            .any(|change| change.driver != change.driver_before);
    }
}

/// Returns what a card is called: by its slot, or by the function that was named.
pub(crate) fn label(selected: &Selected<'_>) -> String {
    match (selected.single, selected.functions.first()) {
        (true, Some(function)) => function.short().into(),
        _ => selected.slot.to_string(),
    }
}

/// Returns who has a function in words: guests by their names.
pub(crate) fn users_in_words(host: &Host, function: &Function) -> Vec<String> {
    let mut words = guests_of(host, function);
    let others = host.users(function).into_iter();
    words.extend(
        others
            .filter(|user| !user.file.starts_with("/dev/vfio/"))
            .map(|user| printable(&format!("{} ({})", user.name, user.pid)).into_owned()),
    );
    words.sort();
    words.dedup();
    words
}

/// What a verb prints as JSON.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// The version of this format: fields are only added within one.
    schema: u32,
    /// The version of the command.
    version: &'static str,
    /// The verb.
    verb: &'static str,
    /// Whether it was only to be shown.
    dry_run: bool,
    /// The cards.
    cards: &'a [Outcome],
}

/// What to do, and of what.
pub(crate) struct Task<'a> {
    /// The verb.
    pub(crate) verb: &'static str,
    /// The CARD argument.
    pub(crate) card: &'a str,
    /// Whether it is only to be shown.
    pub(crate) dry_run: bool,
    /// Whether who asks may do it to a card; root may in any case.
    pub(crate) allowed: fn(&Host, &Selected<'_>) -> bool,
}

/// Does a verb to the cards that an argument means, says what came of it, and returns the exit code.
pub(crate) fn carry_out(
    context: &Context,
    task: &Task<'_>,
    each: impl Fn(&Host, &Selected<'_>, &mut Act<'_>) -> Outcome,
) -> Result<u8, Failure> {
    context.only_here(task.verb)?;
    let host = Host::of_cards(&*context.source);
    let selected = card::resolve(&host, task.card).map_err(Failure::Read)?;
    let root = rustix::process::geteuid().is_root();
    if !task.dry_run && !root && !selected.iter().all(|card| (task.allowed)(&host, card)) {
        return Err(Failure::Read(needs_root()));
    }
    let mut outcomes = Vec::new();
    for (at, card) in selected.iter().enumerate() {
        // What one move did may matter to the next.
        let now = (at > 0).then(|| Host::of_cards(&*context.source));
        let host = now.as_ref().unwrap_or(&host);
        let card = again(host, task.card, card);
        let mut hands = super::live::Live::new(&*context.source);
        let mut act = Act::new(&mut hands, task.dry_run);
        let mut outcome = each(host, &card, &mut act);
        outcome.steps = act.into_steps();
        outcomes.push(outcome);
    }
    print(context, task, &outcomes)?;
    Ok(if outcomes.iter().all(|outcome| outcome.done) {
        GOOD
    } else {
        BAD
    })
}

/// Finds a card again after something was done to another one. If it has gone, it is as it was: what
/// cannot be done to it is told with what was done to the others.
fn again<'a>(host: &'a Host, argument: &str, card: &Selected<'a>) -> Selected<'a> {
    let found = card::resolve(host, argument).unwrap_or_default();
    let mut found = found.into_iter();
    let found = found.find(|other| other.slot == card.slot);
    found.unwrap_or_else(|| card.clone())
}

/// Returns what to type as root: what was typed.
pub(crate) fn needs_root() -> String {
    format!("needs root: sudo vga-stub {}", shell::arguments())
}

/// Says what came of it: what is so now on standard output, all else on standard error.
fn print(context: &Context, task: &Task<'_>, outcomes: &[Outcome]) -> Result<(), Failure> {
    if context.global.json {
        return context.print_json(&Json {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            verb: task.verb,
            dry_run: task.dry_run,
            cards: outcomes,
        });
    }
    let quiet = context.global.quiet;
    let mut out = String::new();
    let mut err = String::new();
    for outcome in outcomes {
        text(outcome, task.dry_run, quiet, &mut out, &mut err);
    }
    context.print(&out)?;
    let mut stderr = anstream::stderr().lock();
    Ok(stderr.write_all(crate::text::escape::printable_lines(&err).as_bytes())?)
}

/// Appends what is said of a card.
fn text(outcome: &Outcome, dry_run: bool, quiet: bool, out: &mut String, err: &mut String) {
    for problem in &outcome.problems {
        *err += &match problem.strip_prefix("kernel: ") {
            Some(line) => format!("  the kernel's log: {line}\n"),
            None => format!("vga-stub: {problem}\n"),
        };
    }
    if dry_run && !outcome.steps.is_empty() {
        *out += &format!("For {} this would be done:\n", outcome.card);
        for step in &outcome.steps {
            *out += &format!("  {step}\n");
        }
    } else if outcome.done && !quiet {
        let target = if outcome.changed { out } else { &mut *err };
        *target += &format!("{}\n", outcome.says);
    }
    if !quiet {
        for hint in &outcome.hints {
            *err += &format!("  {hint}\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::io::Errno;

    use super::*;
    use crate::{
        act::{
            hold,
            moves::{
                self,
                Move, //
            },
            testing::{
                for_the_schema,
                hosts,
                Model, //
            },
        },
        facts::testing::good,
    };

    /// What comes of a verb on a model.
    fn outcome(
        model: &mut Model,
        dry_run: bool,
        verb: impl Fn(&Host, &Selected<'_>, &mut Act<'_>) -> Outcome,
    ) -> Outcome {
        let host = model.host();
        let selected = card::resolve(&host, "01:00").unwrap();
        let mut act = Act::new(model, dry_run);
        let mut outcome = verb(&host, &selected[0], &mut act);
        outcome.steps = act.into_steps();
        outcome
    }

    #[test]
    fn a_card_that_goes_meanwhile_loses_no_outcome() {
        let (before, after) = (good().host(), good().gone("/sys/bus/pci/devices").host());
        let card = card::resolve(&before, "all").unwrap().remove(0);
        assert!(card::resolve(&after, "all").is_err());
        assert_eq!(again(&after, "all", &card).functions.len(), 2);
        // One that is there is as it is now.
        let now = good().driver("0000:01:00.0", "nouveau").host();
        let card = again(&now, "all", &card);
        assert_eq!(card.functions[0].driver.known().unwrap(), "nouveau");
    }

    #[test]
    fn json_for_the_schema() {
        let hold = |host: &Host, card: &Selected<'_>, act: &mut Act<'_>| {
            let options = hold::Options {
                force: true,
                wait: Duration::ZERO,
            };
            hold::go(host, card, options, act)
        };
        let hosts = hosts().gone("/sys/module/vga_stub");
        let open = hosts
            .clone()
            .query("mapped-files", "7\tx\t/dev/snd/controlC0\n")
            .link(
                "/sys/class/sound/card0",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.1/sound/card0",
            );
        let mut refused = Model::new(good());
        refused.fail("handoff", Errno::BUSY, "vga-stub 0000:01:00.0: no");
        let outcomes = [
            outcome(&mut Model::new(hosts.clone()), true, hold),
            outcome(&mut Model::new(hosts), false, hold),
            outcome(&mut Model::new(open), false, hold),
            outcome(&mut refused, false, |host, card, act| {
                moves::go(host, card, Move::HandOff(None), moves::PATIENCE, act)
            }),
        ];
        let done: Vec<_> = outcomes.iter().map(|outcome| outcome.done).collect();
        assert_eq!(done, [true, true, false, false]);
        let json = Json {
            schema: 1,
            version: env!("CARGO_PKG_VERSION"),
            verb: "hold",
            dry_run: false,
            cards: &outcomes,
        };
        let json = serde_json::to_string_pretty(&json).unwrap();
        for part in [
            "\"run\": [\n            \"modprobe\"",
            "\"file\": \"/dev/snd/controlC0\"",
            "\"error\": \"EBUSY: Device or resource busy\"",
            "\"driver_before\": \"nouveau\"",
        ] {
            assert!(json.contains(part), "{part}\n{json}");
        }
        for_the_schema("change.json", &json);
    }
}
