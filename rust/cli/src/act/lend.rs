// SPDX-License-Identifier: GPL-2.0

//! Lend: a held card is given to the host's own drivers, until it is held again. All its functions,
//! or none.

use std::time::Duration;

use super::{
    console,
    hold::{
        in_order,
        take,
        unbind,
        STUCK, //
    },
    is_one_of,
    outcome::{
        label,
        Outcome, //
    },
    trouble::Trouble,
    Act,
    Refused,
    DEVICES,
    DRIVERS,
    OURS, //
};
use crate::{
    card::Selected,
    facts::{
        pci::is_holder,
        selection::Named,
        Function,
        Host, //
    },
};

/// Lends a card, its displays to a driver if one is named, and looks who has it then.
pub(crate) fn go(
    selected: &Selected<'_>,
    to: Option<&str>,
    wait: Duration,
    act: &mut Act<'_>,
) -> Outcome {
    // The display first: its driver may be what the others wait for.
    let mut functions = in_order(selected);
    functions.reverse();
    let mut outcome = Outcome::new(selected, &functions);
    let card = label(selected);
    let driver = |function: &Function| function.driver.known().cloned().unwrap_or_default();
    for function in &functions {
        if let Some(driver) = function.guests_driver() {
            outcome.with_guest(function, driver);
        }
    }
    if !outcome.problems.is_empty() {
        return outcome.untouched();
    }
    // What was held by hand is left reserved when the module goes.
    let reserved = |function: &Function| {
        let text = function.details.driver_override.known();
        function.driver.is_absent() && text.is_some_and(|text| text == OURS)
    };
    let held: Vec<_> = functions
        .iter()
        .copied()
        .filter(|function| driver(function) == OURS || reserved(function))
        .collect();
    if held.is_empty() {
        return outcome.nothing("it is not held");
    }
    let to = match to {
        None => None,
        Some(name) => match find_driver(act, name) {
            Ok(driver) => Some(driver),
            Err(problem) => {
                outcome.problem(problem);
                return outcome.untouched();
            }
        },
    };
    load(act, &held);
    let mut given = Vec::new();
    for function in &held {
        given.push(*function);
        let wanted = to
            .as_deref()
            .filter(|_| function.is_display() || selected.single);
        if let Err(trouble) = give(act, function, wanted, wait) {
            let stuck = trouble.is_stuck();
            trouble.say(&mut outcome);
            if stuck {
                given.pop();
                outcome.hints.push(STUCK.into());
            }
            put_back(act, &given, wait, &mut outcome);
            outcome.look_again(&act.look());
            return outcome;
        }
    }
    if act.dry_run {
        outcome.done = true;
        return outcome;
    }
    let now = act.look();
    outcome.look_again(&now);
    outcome.done = true;
    let who = |function: &&Function| {
        let driver = act.driver(&function.name);
        let driver = driver.unwrap_or_else(|| "no driver".into());
        format!("{} has {driver}", function.short())
    };
    let who: Vec<_> = functions.iter().map(who).collect();
    outcome.says = format!("{card} is the host's: {}", who.join(", "));
    give_console(act, &now, &functions, wait, &mut outcome);
    outcome
}

/// Puts the kernel's console on a framebuffer that a card has again, if it is on none: it does not
/// come back by itself once it was taken off.
fn give_console(
    act: &mut Act<'_>,
    now: &Host,
    functions: &[&Function],
    wait: Duration,
    outcome: &mut Outcome,
) {
    let mut nodes = now.system.nodes.iter();
    let framebuffer = nodes.any(|(node, owner)| {
        node.starts_with("/dev/fb") && functions.iter().any(|function| function.name == *owner)
    });
    if !framebuffer || !console::bound(now).is_empty() {
        return;
    }
    for console in console::all(now) {
        if let Err(refused) = console::bind(act, &console, true, wait) {
            let hint = format!("the console {console} does not come back: {}", refused.why);
            outcome.hints.push(hint);
        }
    }
}

/// Finds the driver of that name, or of the module of that name, which is loaded if need be.
fn find_driver(act: &mut Act<'_>, name: &str) -> Result<String, String> {
    if is_holder(name) {
        return Err(format!(
            "{name} has cards for guests, not for the host: vga-stub handoff CARD {name}"
        ));
    }
    let there = |act: &Act<'_>| {
        let names = act.drivers_called(name);
        names
            .into_iter()
            .find(|name| act.is_directory(&format!("{DRIVERS}/{name}")))
    };
    if let Some(driver) = there(act) {
        return Ok(driver);
    }
    let loaded = act.run(&["modprobe", name]);
    match (there(act), loaded) {
        (Some(driver), _) => Ok(driver),
        (None, Ok(())) if act.dry_run => Ok(name.into()),
        (None, Ok(())) => Err(format!("{name} is no driver for PCI devices")),
        (None, Err(refused)) => Err(format!("there is no driver {name}: {}", refused.why)),
    }
}

/// Has the modules loaded that the kernel would load for functions when they appear. That there is
/// none, or none that may be loaded, is seen by who has the function then.
fn load(act: &mut Act<'_>, functions: &[&Function]) {
    for function in functions {
        let mut modules = function.host_drivers.iter();
        if !function.host_drivers.is_empty() && !modules.any(|module| act.has_module(module)) {
            let _ = act.run(&["modprobe", "-b", &function.modalias]);
        }
    }
}

/// Gives a function to a driver of the host: the one that is named, or the kernel's choice.
fn give(
    act: &mut Act<'_>,
    function: &Function,
    to: Option<&str>,
    wait: Duration,
) -> Result<(), Trouble> {
    let (name, short) = (&function.name, function.short());
    if function.driver.known().is_some() {
        unbind(act, name, wait)
            .map_err(Trouble::of(format!("vga-stub does not let go of {short}")))?;
    }
    // vga-stub lifts the reservation of what devices= names; what was held by hand is left to us.
    let file = format!("{DEVICES}/{name}/driver_override");
    let reserved = act.value(&file).known().is_some_and(|text| text == OURS);
    if reserved {
        act.write(&file, "\n", Some(wait))
            .map_err(Trouble::of(format!(
                "the reservation of {short} could not be lifted"
            )))?;
    }
    let what = format!("{short} could not be given to {}", to.unwrap_or("the host"));
    offer(act, function, to, wait).map_err(Trouble::of(what))?;
    if act.dry_run {
        return Ok(());
    }
    match (act.driver(name), to) {
        (Some(now), Some(to)) if is_one_of(Some(&now), &[to.to_owned()]) => Ok(()),
        (Some(now), None) if !is_holder(&now) => Ok(()),
        (Some(now), None) if now == OURS && function.named.is_some() => {
            let lines = [
                format!("vga-stub has {short} again: ids= names it, and it was asked first"),
                format!("vga-stub lend {short} --to DRIVER says which driver"),
            ];
            Err(Trouble::after(lines, Vec::new()))
        }
        // Nobody has wanted it before.
        (None, None) if !function.is_display() && function.host_drivers.is_empty() => Ok(()),
        (now, _) => {
            let driver = now.as_deref();
            let has = driver.unwrap_or("no driver, and none of the host's wants it");
            let line = format!("{short} has {has} now");
            Err(Trouble::after([line], act.logged()))
        }
    }
}

/// Has a driver of the host, or whichever the kernel finds, look at a function that has none.
fn offer(
    act: &mut Act<'_>,
    function: &Function,
    to: Option<&str>,
    wait: Duration,
) -> Result<(), Refused> {
    let name = &function.name;
    let bind = |act: &mut Act<'_>, driver: &str| {
        act.write(&format!("{DRIVERS}/{driver}/bind"), name, Some(wait))
    };
    if let Some(driver) = to {
        return bind(act, driver);
    }
    let mut result = Ok(());
    if matches!(function.named, Some(Named::Ids(_))) {
        // By its IDs vga-stub would have it again, if it is asked before the host's driver.
        let modules = function.host_drivers.iter();
        let drivers: Vec<_> = modules
            .flat_map(|module| act.drivers_called(module))
            .collect();
        for driver in drivers {
            if act.is_directory(&format!("{DRIVERS}/{driver}")) && act.driver(name).is_none() {
                result = bind(act, &driver);
            }
        }
        if act.driver(name).is_some() || act.dry_run {
            return result;
        }
    }
    act.write("/sys/bus/pci/drivers_probe", name, Some(wait))
}

/// Holds functions again, the last one first, and says how that went.
fn put_back(act: &mut Act<'_>, given: &[&Function], wait: Duration, outcome: &mut Outcome) {
    let mut back = Vec::new();
    for function in given.iter().rev() {
        let driver = act.driver(&function.name);
        if driver.as_deref() == Some(OURS) {
            continue;
        }
        match take(act, function, driver.as_deref(), wait) {
            Ok(()) => back.push(function.short()),
            Err(trouble) => trouble.say(outcome),
        }
    }
    if !back.is_empty() {
        outcome.problem(format!("Held again: {}.", back.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::{
        act::testing::Model,
        card,
        facts::testing::{
            good,
            Machine, //
        }, //
    };

    /// Lends a card of a model, and returns what came of it.
    fn lend(model: &mut Model, card: &str, to: Option<&str>) -> Outcome {
        let host = model.host();
        let selected = card::resolve(&host, card).unwrap();
        let mut act = Act::new(model, false);
        go(&selected[0], to, Duration::from_secs(10), &mut act)
    }

    /// The usual machine, with its drivers loaded.
    fn loaded() -> Machine {
        ["nouveau", "snd_hda_intel"]
            .iter()
            .fold(good(), |machine, name| {
                machine
                    .directory(&format!("/sys/module/{name}"))
                    .file(&format!("/sys/bus/pci/drivers/{name}/new_id"), "")
            })
    }

    #[test]
    fn each_gets_its_own_driver_the_display_first() {
        let mut model = Model::new(loaded());
        let outcome = lend(&mut model, "01:00", None);
        assert!(outcome.done && outcome.changed, "{outcome:?}");
        assert_eq!(
            outcome.says,
            "01:00 is the host's: 01:00.0 has nouveau, 01:00.1 has snd_hda_intel"
        );
        assert_eq!(
            model.written(),
            [
                "driver/unbind 0000:01:00.0",
                "pci/drivers_probe 0000:01:00.0",
                "driver/unbind 0000:01:00.1",
                "pci/drivers_probe 0000:01:00.1",
            ]
        );
        let outcome = lend(&mut model, "01:00", None);
        assert_eq!(outcome.says, "01:00: nothing to do: it is not held");
    }

    #[test]
    fn a_module_is_loaded_by_what_the_function_is() {
        let mut model = Model::new(good());
        lend(&mut model, "01:00.0", None);
        assert!(model.written()[0].starts_with("modprobe -b pci:v000010DEd00002684sv"));
    }

    #[test]
    fn what_was_held_by_hand_is_not_left_reserved() {
        let machine = loaded().file("/sys/module/vga_stub/parameters/devices", "\n");
        let mut model = Model::new(machine);
        let outcome = lend(&mut model, "01:00.0", None);
        assert!(outcome.done, "{outcome:?}");
        let host = model.host();
        let function = host.function("0000:01:00.0").unwrap();
        assert!(function.details.driver_override.is_absent());
    }

    #[test]
    fn what_the_module_left_reserved_is_given_as_well() {
        let machine = loaded()
            .gone("/sys/module/vga_stub")
            .gone("/sys/class/vga_stub")
            .driver("0000:01:00.0", "");
        let mut model = Model::new(machine);
        let outcome = lend(&mut model, "01:00.0", None);
        assert_eq!(outcome.says, "01:00.0 is the host's: 01:00.0 has nouveau");
        assert_eq!(
            model.written(),
            [
                "0000:01:00.0/driver_override",
                "pci/drivers_probe 0000:01:00.0"
            ]
        );
    }

    #[test]
    fn a_driver_by_name_gets_the_displays() {
        let machine = loaded().file("/sys/bus/pci/drivers/nvidia/new_id", "");
        let mut model = Model::new(machine);
        let outcome = lend(&mut model, "01:00", Some("nvidia"));
        assert!(outcome.done, "{outcome:?}");
        assert_eq!(model.driver("0000:01:00.0"), "nvidia");
        assert_eq!(model.driver("0000:01:00.1"), "snd_hda_intel");
        assert!(model.written().contains(&"nvidia/bind 0000:01:00.0".into()));
    }

    #[test]
    fn what_ids_names_is_given_to_a_driver_of_the_hosts() {
        let machine = loaded()
            .file("/sys/module/vga_stub/parameters/devices", "\n")
            .file("/sys/module/vga_stub/parameters/ids", "10de:2684\n");
        let mut model = Model::new(machine);
        let outcome = lend(&mut model, "01:00.0", None);
        assert!(outcome.done, "{outcome:?}");
        assert!(model
            .written()
            .contains(&"nouveau/bind 0000:01:00.0".into()));
    }

    #[test]
    fn if_one_fails_all_are_held_again() {
        let mut model = Model::new(loaded());
        model.fail("drivers_probe 0000:01:00.1", Errno::NODEV, "");
        let outcome = lend(&mut model, "01:00", None);
        assert!(!outcome.done, "{outcome:?}");
        assert_eq!(
            outcome.problems[0],
            "01:00.1 could not be given to the host: ENODEV: No such device"
        );
        assert_eq!(model.driver("0000:01:00.0"), "vga-stub");
    }

    #[test]
    fn what_a_driver_hangs_in_is_not_touched_again() {
        let mut model = Model::new(loaded());
        model.hang("drivers_probe 0000:01:00.1");
        let outcome = lend(&mut model, "01:00", None);
        assert_eq!(
            outcome.problems,
            [
                "01:00.1 could not be given to the host: it has not come back within 10 s; process \
                 4711 waits in it",
                "Held again: 01:00.0."
            ]
        );
        assert_eq!(outcome.hints, [STUCK]);
        let written = model.written();
        assert!(!written
            .iter()
            .skip_while(|line| !line.ends_with("drivers_probe 0000:01:00.1"))
            .skip(1)
            .any(|line| line.contains("0000:01:00.1")));
        assert_eq!(model.unlimited(), [""; 0]);
    }

    #[test]
    fn a_driver_for_guests_is_no_driver_of_the_host() {
        let mut model = Model::new(loaded());
        let outcome = lend(&mut model, "01:00", Some("vfio-pci"));
        assert!(outcome.problems[0].contains("vga-stub handoff CARD vfio-pci"));
        assert!(model.written().is_empty());
    }
}
