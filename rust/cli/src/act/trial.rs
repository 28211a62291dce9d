// SPDX-License-Identifier: GPL-2.0

//! A trial: a card is held, handed off, taken back and given back to whom it was taken from, and
//! then all is to be as it was found. What fails ends the trial, and all is put back.

use std::time::Duration;

use serde::Serialize;

use super::{
    found::Found,
    hold::{
        self,
        in_order,
        Undo, //
    },
    moves::{
        self,
        Move, //
    },
    outcome::{
        label,
        Outcome, //
    },
    Act,
    OURS, //
};
use crate::{
    card::Selected,
    facts::{
        Datum,
        Function,
        Host, //
    },
    rom, //
};

/// A step of a trial.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// What was tried.
    pub(crate) step: &'static str,
    /// Whether it worked.
    pub(crate) good: bool,
    /// What came of it.
    pub(crate) text: String,
    /// What was in the way.
    pub(crate) problems: Vec<String>,
}

/// What came of a trial.
#[derive(Debug, Serialize)]
pub(crate) struct Trial {
    /// The card.
    pub(crate) card: String,
    /// Whether all worked, and all is as it was found.
    pub(crate) done: bool,
    /// The steps.
    pub(crate) lines: Vec<Line>,
    /// What to do, or to know.
    pub(crate) hints: Vec<String>,
    /// What was found before.
    #[serde(skip)]
    found: Option<Found>,
    /// The functions.
    #[serde(skip)]
    names: Vec<String>,
    /// The modules that were not loaded before.
    #[serde(skip)]
    unloaded: Vec<&'static str>,
}

impl Trial {
    /// Notes a step, by what came of it.
    fn note(&mut self, step: &'static str, outcome: Outcome, text: String) -> bool {
        let good = outcome.done;
        self.hints.extend(outcome.hints);
        self.lines.push(Line {
            step,
            good,
            text: if good { text } else { String::new() },
            problems: outcome.problems,
        });
        good
    }
}

/// Tries a card, until it is given back: what is left is [`finish`], after the machine has been
/// written down.
pub(crate) fn go(
    host: &Host,
    selected: &Selected<'_>,
    options: hold::Options,
    act: &mut Act<'_>,
) -> Trial {
    let functions = in_order(selected);
    let mut trial = Trial {
        card: label(selected),
        done: false,
        lines: Vec::new(),
        hints: Vec::new(),
        found: None,
        names: functions
            .iter()
            .map(|function| function.name.clone())
            .collect(),
        unloaded: Vec::new(),
    };
    for function in &functions {
        if let Some(driver) = function.guests_driver() {
            let mut outcome = Outcome::new(selected, &functions);
            outcome.with_guest(function, driver);
            trial.note("hold", outcome, String::new());
            return trial;
        }
    }
    trial.found = Some(Found::read(host, &trial.names, act));
    // Those that a hand-off loads.
    for module in ["vga_stub", "vfio_pci"] {
        if !act.has_module(module) {
            trial.unloaded.push(module);
        }
    }
    let driver = |function: &Function| function.driver.known().cloned();
    let taken = functions
        .iter()
        .filter(|function| driver(function).as_deref() != Some(OURS));
    let before: Vec<_> = taken
        .map(|function| {
            let driver = driver(function).unwrap_or("nobody".into());
            format!("{} from {driver}", function.short())
        })
        .collect();
    let mut undo = Undo::default();
    let held = hold::hold(host, selected, options, act, &mut undo);
    let text = if held.changed {
        before.join(", ")
    } else {
        "it was held".into()
    };
    if !trial.note("hold", held, text) {
        return trial;
    }
    try_moves(&mut trial, selected, options.wait, act);
    let mut outcome = Outcome::new(selected, &[]);
    outcome.done = true;
    if act.is_stuck() {
        outcome.problem("Nothing more was touched: whoever waits for that driver would wait, too.");
        trial.note("give back", outcome, String::new());
        return trial;
    }
    let back = undo.all(act, options.wait, &mut outcome);
    // What was held before is not in there: it comes back by the reclaim, or not.
    let held = functions
        .iter()
        .filter(|function| driver(function).as_deref() == Some(OURS));
    for function in held {
        let now = act.driver(&function.name);
        if now.as_deref() != Some(OURS) {
            outcome.problem(format!(
                "{} is not held any more: it has {}",
                function.short(),
                now.as_deref().unwrap_or("no driver")
            ));
        }
    }
    if !outcome.done {
        outcome
            .hints
            .push(format!("vga-stub reclaim {}", trial.card));
    }
    let text = if back.is_empty() {
        "it stays held, as it was".into()
    } else {
        let who = back.iter().map(|short| {
            let full = trial
                .names
                .iter()
                .find(|name| name.ends_with(short.as_str()));
            let driver = full.and_then(|name| act.driver(name));
            format!("{short} to {}", driver.as_deref().unwrap_or("nobody"))
        });
        who.collect::<Vec<_>>().join(", ")
    };
    trial.note("give back", outcome, text);
    trial
}

/// Looks at the ROM of a held card, hands it off, and takes it back.
fn try_moves(trial: &mut Trial, selected: &Selected<'_>, wait: Duration, act: &mut Act<'_>) {
    let patience = wait.max(moves::PATIENCE);
    let now = act.look();
    let selected = Selected {
        slot: selected.slot,
        functions: selected
            .functions
            .iter()
            .filter_map(|function| now.function(&function.name))
            .collect(),
        single: selected.single,
    };
    for function in selected
        .functions
        .iter()
        .filter(|function| function.is_display())
    {
        trial.lines.push(rom_of(function));
    }
    let outcome = moves::go(&now, &selected, Move::HandOff(None), patience, act);
    let says = outcome.says.clone();
    let text = says
        .split_once(" is with ")
        .map_or(says.clone(), |(_, rest)| format!("to {rest}"));
    if !trial.note("hand-off", outcome, text) {
        return;
    }
    let now = act.look();
    let outcome = moves::go(&now, &selected, Move::Reclaim(wait), patience, act);
    trial.note("reclaim", outcome, "it is held again".into());
}

/// Says of a function's ROM whether it is in order, and which guests it boots.
fn rom_of(function: &Function) -> Line {
    let mut text = format!("{}: ", function.short());
    if let Datum::Known(claimed) = &function.claimed {
        let word = |datum: &Datum<String>| datum.known().cloned().unwrap_or("?".into());
        text += &format!(
            "source {}, status {}",
            word(&claimed.rom_source),
            word(&claimed.rom_status)
        );
        if let Datum::Known(bytes) = &claimed.rom {
            text += &format!(", {} bytes", bytes.len());
            let ids = (function.identity.vendor, function.identity.device);
            for (guest, boots) in rom::boots(bytes, ids) {
                let word = match boots {
                    Some(true) => "yes",
                    Some(false) => "no",
                    None => "not known",
                };
                text += &format!("; boots a guest with {guest}: {word}");
            }
        }
    }
    // That a card has none, or an odd one, is no fault of the trial's.
    Line {
        step: "ROM",
        good: true,
        text,
        problems: Vec::new(),
    }
}

/// Unloads what was loaded, and says what is not as it was found.
pub(crate) fn finish(trial: &mut Trial, act: &mut Act<'_>) {
    /// How long drivers may take to have their device as it was.
    const PATIENCE: Duration = Duration::from_secs(10);
    /// How often to look.
    const NAP: Duration = Duration::from_millis(500);
    if act.is_stuck() {
        trial.lines.push(Line {
            step: "as it was",
            good: false,
            text: String::new(),
            problems: vec![
                "It was not looked at: a driver has not come back, and a look at what it \
                            has locked would not either."
                    .into(),
            ],
        });
        return;
    }
    for module in trial.unloaded.iter().rev() {
        if act.has_module(module) {
            if let Err(refused) = act.run(&["modprobe", "-r", module]) {
                trial.hints.push(format!(
                    "the module {module}, which was loaded for it, stays: {}",
                    refused.why
                ));
            }
        }
    }
    let Some(found) = &trial.found else {
        return;
    };
    let mut waited = Duration::ZERO;
    let differences = loop {
        let now = Found::read(&act.look(), &trial.names, act);
        let differences = found.differences(&now);
        if differences.is_empty() || waited >= PATIENCE {
            break differences;
        }
        act.hands.sleep(NAP);
        waited += NAP;
    };
    let good = differences.is_empty();
    trial.lines.push(Line {
        step: "as it was",
        good,
        text: if good {
            "drivers, overrides, power, configuration space, arbiter, consoles".into()
        } else {
            String::new()
        },
        problems: differences,
    });
    trial.done = trial.lines.iter().all(|line| line.good);
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::{
        act::testing::{
            self,
            Model, //
        },
        facts::testing::{
            good,
            Machine, //
        }, //
    };

    /// The machine of the host's drivers, and what the module will show of the card.
    fn hosts() -> Machine {
        testing::hosts()
            .bytes("/sys/class/vga_stub/0000:01:00.0/rom", &[0x55, 0xaa, 1])
            .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "bar\n")
            .file("/sys/class/vga_stub/0000:01:00.0/rom_status", "no-pcir\n")
            .file("/sys/class/vga_stub/0000:01:00.0/state", "host\n")
    }

    /// Tries the card of a model, and returns the steps with what was in the way.
    fn tried(model: &mut Model) -> (bool, Vec<String>) {
        let trial = testing::tried(model);
        let line = |line: &Line| {
            let mark = if line.good { "ok" } else { "not ok" };
            format!(
                "{mark} {}: {}{}",
                line.step,
                line.text,
                line.problems.join(" ")
            )
        };
        (trial.done, trial.lines.iter().map(line).collect())
    }

    #[test]
    fn the_whole_story() {
        let mut model = Model::new(hosts());
        let (done, lines) = tried(&mut model);
        assert!(done, "{lines:#?}");
        assert_eq!(lines.len(), 6);
        assert_eq!(
            lines[0],
            "ok hold: 01:00.1 from snd_hda_intel, 01:00.0 from nouveau"
        );
        assert!(lines[1].starts_with("ok ROM: 01:00.0: source bar, status no-pcir, 3 bytes; boots"));
        assert_eq!(lines[2], "ok hand-off: to vfio-pci");
        assert_eq!(
            lines[4],
            "ok give back: 01:00.0 to nouveau, 01:00.1 to snd_hda_intel"
        );
        assert!(model.written().contains(&"modprobe -r vfio_pci".into()));
    }

    #[test]
    fn if_a_step_fails_all_is_put_back() {
        let mut model = Model::new(hosts());
        model.fail("handoff", Errno::NODEV, "vga-stub 0000:01:00.0: no");
        let (done, lines) = tried(&mut model);
        assert!(!done);
        assert!(lines[2].starts_with("not ok hand-off: 01:00 was not handed off: ENODEV"));
        assert!(lines[3].starts_with("ok give back"), "{lines:#?}");
        assert!(lines[4].starts_with("ok as it was"));
        assert_eq!(model.driver("0000:01:00.0"), "nouveau");
    }

    #[test]
    fn a_driver_that_does_not_come_back_ends_it() {
        for (file, at, step) in [
            ("handoff", 2, "hand-off: 01:00 was not handed off"),
            ("reclaim", 3, "reclaim: 01:00 was not taken back"),
        ] {
            let mut model = Model::new(hosts());
            model.hang(file);
            let (done, lines) = tried(&mut model);
            assert!(!done);
            assert!(lines[at].starts_with(&format!("not ok {step}: it has not come back")));
            let rest = &lines[at + 1..];
            assert!(
                rest[0].starts_with("not ok give back: Nothing more was touched"),
                "{rest:?}"
            );
            assert!(
                rest[1].starts_with("not ok as it was: It was not looked at"),
                "{rest:?}"
            );
            assert!(model.written().last().unwrap().contains(file));
            assert_eq!(model.unlimited(), [""; 0]);
        }
    }

    #[test]
    fn what_is_not_as_it_was_is_told() {
        let mut model = Model::new(hosts());
        model.ignore("nouveau/bind 0000:01:00.0");
        let (done, lines) = tried(&mut model);
        assert!(!done);
        assert_eq!(
            lines.last().unwrap(),
            "not ok as it was: 0000:01:00.0: the driver was nouveau, is none"
        );
    }

    #[test]
    fn a_held_card_stays_held() {
        let mut model = Model::new(good());
        let (done, lines) = tried(&mut model);
        assert!(done, "{lines:#?}");
        assert_eq!(lines[0], "ok hold: it was held");
        assert!(lines.contains(&"ok give back: it stays held, as it was".into()));
    }

    #[test]
    fn a_held_card_that_does_not_come_back_is_told() {
        let mut model = Model::new(good());
        model.fail("reclaim", Errno::BUSY, "vga-stub 0000:01:00.0: is in use");
        let (done, lines) = tried(&mut model);
        assert!(!done);
        let line = "not ok give back: 01:00.1 is not held any more: it has vfio-pci \
                    01:00.0 is not held any more: it has vfio-pci";
        assert!(lines.contains(&line.into()), "{lines:#?}");
    }

    #[test]
    fn an_open_card_is_not_tried() {
        let machine = hosts().query("open-files", "2143\tgnome-shell\t/dev/dri/renderD129\n");
        let mut model = Model::new(machine);
        let (done, lines) = tried(&mut model);
        assert!(!done && lines[0].starts_with("not ok hold: 01:00.0 is open in gnome-shell"));
        assert!(model
            .written()
            .iter()
            .all(|line| line.starts_with("modprobe -r")));
    }
}
