// SPDX-License-Identifier: GPL-2.0

//! Hand-off and reclaim. The module moves a card as a whole by one write, or not at all; what it
//! refuses, and why, is its to say.

use std::time::Duration;

use super::{
    hold::STUCK,
    is_one_of,
    outcome::{
        label,
        users_in_words,
        Outcome, //
    },
    Act,
    Refused,
    CLASS,
    OURS, //
};
use crate::{
    card::Selected,
    facts::{
        Function,
        Host, //
    },
};

/// How long the drivers have at least for a move: a hand-off may load one, and resets the card.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Which way a card goes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Move<'a> {
    /// To a driver for guests: that of the module's parameter if none is named.
    HandOff(Option<&'a str>),
    /// Back to vga-stub. How long to wait for who has it in use.
    Reclaim(Duration),
}

impl Move<'_> {
    /// Returns the name of the file that is written to.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::HandOff(_) => "handoff",
            Self::Reclaim(_) => "reclaim",
        }
    }

    /// Returns the names of the driver that is to have the functions.
    fn target(self, act: &Act<'_>) -> Vec<String> {
        let Self::HandOff(driver) = self else {
            return vec![OURS.into()];
        };
        let default = act.value("/sys/module/vga_stub/parameters/handoff");
        let default = default.known().filter(|name| !name.is_empty());
        let default = default.map_or("vfio-pci", String::as_str);
        match driver {
            None | Some("1") => act.drivers_called(default),
            Some(driver) => act.drivers_called(driver),
        }
    }

    /// Writes.
    fn write(
        self,
        act: &mut Act<'_>,
        function: &str,
        group: bool,
        patience: Duration,
    ) -> Result<(), Refused> {
        let file = format!("{CLASS}/{function}/{}", self.file());
        let how_much = if group { " group" } else { "" };
        match self {
            Self::HandOff(driver) => {
                let text = format!("{}{how_much}", driver.unwrap_or("1"));
                act.write(&file, &text, Some(patience))
            }
            Self::Reclaim(wait) => act.write_until(&file, &format!("1{how_much}"), wait, patience),
        }
    }
}

/// Returns the functions that are meant, of what vga-stub has claimed once: those of the slot, or the
/// one that is named. A virtual function moves by itself, where it is named.
fn meant<'a>(selected: &Selected<'a>) -> Vec<&'a Function> {
    let functions = selected.functions.iter().copied();
    functions
        .filter(|function| function.claimed.known().is_some())
        .filter(|function| selected.single || !function.is_virtual())
        .collect()
}

/// Returns the functions that move: those that are meant, and with each its group; of all these, what
/// vga-stub has claimed once.
pub(crate) fn moving<'a>(host: &'a Host, selected: &Selected<'a>) -> Vec<&'a Function> {
    let claimed = |function: &&Function| function.claimed.known().is_some();
    let own = meant(selected);
    let groups: Vec<_> = own
        .iter()
        .filter_map(|function| function.group.known())
        .collect();
    host.functions()
        .iter()
        .filter(claimed)
        .filter(|function| {
            own.iter().any(|other| other.name == function.name)
                || function
                    .group
                    .known()
                    .is_some_and(|group| groups.contains(&group))
        })
        .collect()
}

/// Moves a card, and looks where it is then. The drivers may take as long as `patience` lasts.
pub(crate) fn go(
    host: &Host,
    selected: &Selected<'_>,
    way: Move<'_>,
    patience: Duration,
    act: &mut Act<'_>,
) -> Outcome {
    let functions = moving(host, selected);
    let mut outcome = Outcome::new(selected, &functions);
    let card = label(selected);
    if host.selection.loaded.known().is_none() {
        return outcome
            .refuse(format!("{card}: the module vga_stub is not loaded"))
            .hint("modprobe vga_stub; or what is wrong with it: vga-stub doctor");
    }
    let own = meant(selected);
    let held = |function: &&&Function| function.state() == "held";
    let Some(first) = own.iter().find(held).or(own.first()) else {
        if selected
            .functions
            .iter()
            .any(|function| function.is_virtual())
        {
            return outcome.refuse(format!(
                "{card} has virtual functions, which are cards of their own: name one of them"
            ));
        }
        return outcome
            .refuse(format!("{card} has not been claimed by vga-stub"))
            .hint(format!("vga-stub hold {card}"));
    };
    let target = way.target(act);
    let arrived =
        |function: &Function| is_one_of(function.driver.known().map(String::as_str), &target);
    if functions.iter().all(|function| arrived(function)) {
        let driver = first.driver.known().map_or("", String::as_str);
        return match way {
            Move::HandOff(_) => outcome.nothing(format_args!("it is with {driver}")),
            Move::Reclaim(_) => outcome.nothing("it is held"),
        };
    }
    let result = way.write(act, &first.name, selected.single, patience);
    if act.dry_run {
        outcome.done = true;
        return outcome;
    }
    if let Err(refused) = &result {
        if refused.is_stuck() {
            hangs(&mut outcome, &card, way, refused, act);
            return outcome;
        }
    }
    let now = act.look();
    outcome.look_again(&now);
    match result {
        Err(refused) => fails(&mut outcome, &now, &card, way, &refused),
        Ok(()) => {
            outcome.done = true;
            for function in &functions {
                let now = now.function(&function.name);
                if !now.is_some_and(arrived) {
                    let driver = now.and_then(|now| now.driver.known());
                    outcome.problem(format!(
                        "{} is with {} after all",
                        function.short(),
                        driver.map_or("no driver", String::as_str)
                    ));
                }
            }
            outcome.says = match way {
                Move::HandOff(_) => with_files(&now, &card, &functions),
                Move::Reclaim(_) => format!("{card} is held"),
            };
        }
    }
    // Guests' drivers want the whole card.
    let left = selected.functions.iter().filter(|function| {
        function.claimed.known().is_none() && !function.is_bridge() && !function.is_virtual()
    });
    for function in left {
        let driver = function.driver.known().map_or("no driver", String::as_str);
        outcome.hints.push(format!(
            "{0} stays with {driver}: vga-stub has not claimed it. vga-stub hold {0}",
            function.short()
        ));
    }
    outcome
}

/// Says that it did not move.
fn did_not(way: Move<'_>) -> &'static str {
    match way {
        Move::HandOff(_) => "was not handed off",
        Move::Reclaim(_) => "was not taken back",
    }
}

/// Says that a driver has not come back. Whatever it has locked, the names of drivers can be read.
fn hangs(outcome: &mut Outcome, card: &str, way: Move<'_>, refused: &Refused, act: &Act<'_>) {
    outcome.refused(format_args!("{card} {}", did_not(way)), refused);
    for change in &mut outcome.functions {
        change.driver = act.driver(&change.address);
        outcome.changed |= change.driver != change.driver_before;
    }
    let who = outcome.functions.iter().map(|change| {
        let driver = change.driver.as_deref().unwrap_or("no driver");
        format!("{} has {driver}", change.address)
    });
    let who = who.collect::<Vec<_>>().join(", ");
    outcome.problem(format!("For now {who}."));
    outcome.hints.push(STUCK.into());
}

/// Says why it did not move, who uses it, and that nothing has moved if that is so.
fn fails(outcome: &mut Outcome, now: &Host, card: &str, way: Move<'_>, refused: &Refused) {
    let what = did_not(way);
    outcome.refused(format_args!("{card} {what}"), refused);
    let addresses: Vec<_> = outcome
        .functions
        .iter()
        .map(|change| change.address.clone())
        .collect();
    for function in addresses.iter().filter_map(|name| now.function(name)) {
        let users = users_in_words(now, function);
        if !users.is_empty() {
            outcome.problem(format!(
                "{} is in use by {}",
                function.short(),
                users.join(", ")
            ));
            outcome.open_in(now, function);
        }
    }
    if !outcome.changed {
        outcome.problem("Nothing has moved.");
    }
}

/// Says who has a card, and the files by which a guest gets it.
fn with_files(now: &Host, card: &str, functions: &[&Function]) -> String {
    let mut files = Vec::new();
    let mut drivers = Vec::new();
    for function in functions.iter().filter_map(|old| now.function(&old.name)) {
        if let Some(group) = function.group.known() {
            let file = format!("/dev/vfio/{group}");
            let vfio = now.system.vfio.known();
            if vfio.is_some_and(|files| files.contains_key(&file)) {
                files.push(file);
            }
        }
        let devices = function.details.vfio.known().into_iter().flatten();
        files.extend(devices.map(|name| format!("/dev/vfio/devices/{name}")));
        drivers.extend(function.driver.known().cloned());
    }
    files.sort();
    files.dedup();
    drivers.sort();
    drivers.dedup();
    let mut text = format!("{card} is with {}", drivers.join(", "));
    if !files.is_empty() {
        text += &format!(": {}", files.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::{
        act::testing::Model,
        card,
        facts::testing::good, //
    };

    /// Moves a card of a model, and returns what came of it with what was done.
    fn moved(model: &mut Model, card: &str, way: Move<'_>) -> Outcome {
        let host = model.host();
        let selected = card::resolve(&host, card).unwrap();
        let mut act = Act::new(model, false);
        let mut outcome = go(&host, &selected[0], way, PATIENCE, &mut act);
        outcome.steps = act.into_steps();
        outcome
    }

    #[test]
    fn there_and_back_and_nothing_twice() {
        let mut model = Model::new(good());
        let outcome = moved(&mut model, "01:00", Move::HandOff(None));
        assert!(outcome.done && outcome.changed, "{outcome:?}");
        assert_eq!(outcome.says, "01:00 is with vfio-pci");
        assert_eq!(model.written(), ["0000:01:00.0/handoff 1"]);
        let outcome = moved(&mut model, "01:00", Move::HandOff(Some("vfio_pci")));
        assert_eq!(outcome.says, "01:00: nothing to do: it is with vfio-pci");
        assert!(outcome.done && !outcome.changed && outcome.steps.is_empty());

        let back = Move::Reclaim(Duration::ZERO);
        let outcome = moved(&mut model, "01:00", back);
        assert_eq!(outcome.says, "01:00 is held");
        let outcome = moved(&mut model, "01:00", back);
        assert!(outcome.done && outcome.steps.is_empty());
    }

    #[test]
    fn one_function_means_its_group() {
        let mut model = Model::new(good());
        let outcome = moved(&mut model, "01:00.1", Move::HandOff(Some("vfio-pci")));
        assert!(outcome.done, "{outcome:?}");
        assert_eq!(model.written(), ["0000:01:00.1/handoff vfio-pci group"]);
    }

    #[test]
    fn a_virtual_function_is_moved_by_name_only() {
        let machine = good().link(
            "/sys/bus/pci/devices/0000:01:00.1/physfn",
            "../0000:01:00.0",
        );
        let mut model = Model::new(machine.clone().group(15, &["0000:01:00.1"]));
        let outcome = moved(&mut model, "01:00.1", Move::HandOff(None));
        assert!(outcome.done, "{outcome:?}");
        assert_eq!(model.written(), ["0000:01:00.1/handoff 1 group"]);

        let virtual_only = machine.link("/sys/bus/pci/devices/0000:01:00.0/physfn", "../none");
        let outcome = moved(&mut Model::new(virtual_only), "01:00", Move::HandOff(None));
        assert_eq!(
            outcome.problems,
            ["01:00 has virtual functions, which are cards of their own: name one of them"]
        );
    }

    #[test]
    fn what_is_in_use_is_named_and_nothing_has_moved() {
        let machine = good()
            .query("open-files", "4242\tqemu-system-x86\t/dev/vfio/14\n")
            .query("guests", "4242\twin11\tvfio-pci,host=0000:01:00.0\n");
        let mut model = Model::new(machine);
        moved(&mut model, "01:00", Move::HandOff(None));
        model.fail("reclaim", Errno::BUSY, "vga-stub 0000:01:00.0: is in use");
        let way = Move::Reclaim(Duration::from_secs(1));
        let outcome = moved(&mut model, "01:00", way);
        assert!(!outcome.done && !outcome.changed);
        assert_eq!(
            outcome.problems,
            [
                "01:00 was not taken back: EBUSY: Device or resource busy",
                "kernel: vga-stub 0000:01:00.0: is in use",
                "01:00.0 is in use by win11",
                "01:00.1 is in use by win11",
                "Nothing has moved."
            ]
        );
        assert_eq!(model.slept(), Duration::from_secs(1));
    }

    #[test]
    fn a_write_that_did_nothing_is_no_success() {
        let mut model = Model::new(good());
        model.ignore("handoff");
        let outcome = moved(&mut model, "01:00", Move::HandOff(None));
        assert!(!outcome.done);
        assert_eq!(outcome.problems[0], "01:00.0 is with vga-stub after all");
    }

    #[test]
    fn what_was_never_claimed() {
        let mut model = Model::new(good().lost("0000:01:00.0", "nouveau"));
        let outcome = moved(&mut model, "01:00.0", Move::HandOff(None));
        assert_eq!(
            outcome.problems,
            ["01:00.0 has not been claimed by vga-stub"]
        );
        let outcome = moved(&mut model, "01:00", Move::HandOff(None));
        assert!(outcome.done);
        assert_eq!(
            outcome.hints,
            ["01:00.0 stays with nouveau: vga-stub has not claimed it. vga-stub hold 01:00.0"]
        );
    }

    #[test]
    fn without_the_module() {
        let mut model = Model::new(good().gone("/sys/module/vga_stub"));
        let outcome = moved(&mut model, "01:00", Move::HandOff(None));
        assert_eq!(
            outcome.problems,
            ["01:00: the module vga_stub is not loaded"]
        );
    }
}
