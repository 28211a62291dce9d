// SPDX-License-Identifier: GPL-2.0

//! Hold: a card is taken from the host's drivers, or from nobody. All its functions, or none.

use std::time::Duration;

use vga_stub_core::decode::is_vga_class;

use super::{
    console,
    outcome::{
        label,
        users_in_words,
        Left,
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
        vital::KEYBOARD,
        Datum,
        Function,
        Host, //
    },
    text::shell::quoted,
};

/// What is said of a driver that does not come back.
pub(super) const STUCK: &str = "It is not killed, nor could it be: vga-stub explain stuck-unbind";

/// How a card is to be taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Also if the console draws on it.
    pub(crate) force: bool,
    /// How long a driver may take to let go of it.
    pub(crate) wait: Duration,
}

/// Returns the functions of a card that drivers can have, audio and USB first, the VGA card last:
/// the host may live with a display without sound, rather than the other way round.
pub(super) fn in_order<'a>(selected: &Selected<'a>) -> Vec<&'a Function> {
    let functions = selected.functions.iter().copied();
    let mut functions: Vec<_> = functions.filter(|function| !function.is_bridge()).collect();
    functions.sort_by_key(|function| {
        let vga = is_vga_class(function.identity.class);
        (function.is_display(), vga, function.address.function)
    });
    functions
}

/// Holds a card, and looks who has it then.
pub(crate) fn go(
    host: &Host,
    selected: &Selected<'_>,
    options: Options,
    act: &mut Act<'_>,
) -> Outcome {
    let mut undo = Undo::default();
    hold(host, selected, options, act, &mut undo)
}

/// Does it. `undo` has then what puts all back as it was; nothing if it failed, as that was done.
pub(super) fn hold(
    host: &Host,
    selected: &Selected<'_>,
    options: Options,
    act: &mut Act<'_>,
    undo: &mut Undo,
) -> Outcome {
    let functions = in_order(selected);
    let mut outcome = Outcome::new(selected, &functions);
    let card = label(selected);
    let driver = |function: &Function| function.driver.known().cloned().unwrap_or_default();
    let wanted: Vec<_> = functions
        .iter()
        .copied()
        .filter(|function| driver(function) != OURS)
        .collect();
    if wanted.is_empty() {
        return outcome.nothing("it is held");
    }
    refuse(host, &card, &wanted, options.force, &mut outcome);
    if !outcome.problems.is_empty() {
        return outcome.untouched();
    }
    if let Some(needs) = host.system.users.needs() {
        if !act.dry_run {
            outcome.problem(format!("cannot see who has it open: it takes {needs}"));
            return outcome.untouched();
        }
        outcome.hints.push(format!(
            "Who has it open was not looked at: it takes {needs}."
        ));
    }
    if let Some(unseen) = &host.system.unseen {
        if !act.dry_run {
            outcome.problem(format!(
                "cannot see whether {unseen} have it open: it takes root"
            ));
            return outcome.untouched();
        }
        outcome.hints.push(format!(
            "Who has it open was looked at in part. Not looked at: {unseen}; it takes root."
        ));
    }
    if host.selection.loaded.known().is_none() {
        if let Err(refused) = act.run(&["modprobe", "vga_stub"]) {
            outcome.refused("the module vga_stub could not be loaded", &refused);
            let outcome = outcome.untouched();
            return outcome.hint("What is wrong with it: vga-stub doctor");
        }
    }
    if let Err(trouble) = take_all(host, &wanted, options, act, undo) {
        let stuck = trouble.is_stuck();
        trouble.say(&mut outcome);
        if stuck {
            let now = act.look();
            for function in wanted.iter().filter_map(|old| now.function(&old.name)) {
                let users = users_in_words(&now, function);
                if !users.is_empty() {
                    outcome.problem(open_in(function, &users));
                    outcome.open_in(&now, function);
                }
            }
            outcome.hints.push(STUCK.into());
        }
        let back = undo.all(act, options.wait, &mut outcome);
        if !back.is_empty() {
            outcome.problem(format!("Put back as it was: {}.", back.join(", ")));
        }
        outcome.look_again(&act.look());
        return outcome;
    }
    if act.dry_run {
        outcome.done = true;
        return outcome;
    }
    outcome.look_again(&act.look());
    outcome.done = true;
    for change in outcome.functions.clone() {
        if change.driver.as_deref() != Some(OURS) {
            outcome.problem(format!("{} is not held after all", change.address));
        }
    }
    outcome.says = format!("{card} is held");
    outcome
}

/// Says who has a function open.
fn open_in(function: &Function, users: &[String]) -> String {
    format!("{} is open in {}", function.short(), users.join(", "))
}

/// Says what is in the way of taking functions, before anything is touched.
fn refuse(host: &Host, card: &str, wanted: &[&Function], force: bool, outcome: &mut Outcome) {
    for function in wanted {
        // From where it can be taken as a whole, and by who knows who uses it.
        let claimed = function.claimed.known().is_some();
        let driver = function.guests_driver();
        if let Some(driver) = driver.filter(|driver| claimed || *driver == "pciback") {
            outcome.with_guest(function, driver);
        }
    }
    for function in wanted {
        match host.system.vital.get(&function.name) {
            Some(what) if what == KEYBOARD && force => {}
            Some(what) => {
                outcome.problem(format!("{} has {what}", function.short()));
                if what == KEYBOARD {
                    let hint = format!("vga-stub hold {card} --force takes it all the same");
                    outcome.hints.push(hint);
                }
            }
            None => {}
        }
    }
    let mut open = false;
    for function in wanted {
        let users = users_in_words(host, function);
        if !users.is_empty() {
            open = true;
            outcome.problem(open_in(function, &users));
            outcome.open_in(host, function);
        }
    }
    if open {
        outcome.problem("Taking it away now would hang the driver or the program.");
        outcome
            .hints
            .push("Log out, or end them: vga-stub explain held-open".into());
    }
    for function in wanted.iter().filter(|_| !force) {
        if let Some(by) = console::on(host, function) {
            outcome.problem(format!(
                "the console draws on {} ({by}), whose screen would stand still",
                function.short()
            ));
            outcome.hints.push(format!(
                "vga-stub hold {card} --force takes the console off it"
            ));
        }
    }
}

/// Takes functions from whoever has them, in turn.
fn take_all(
    host: &Host,
    wanted: &[&Function],
    options: Options,
    act: &mut Act<'_>,
    undo: &mut Undo,
) -> Result<(), Trouble> {
    if wanted
        .iter()
        .any(|function| console::on(host, function).is_some())
    {
        for console in console::bound(host) {
            let what = format!("the console {console} could not be taken off its framebuffer");
            console::bind(act, &console, false, options.wait).map_err(Trouble::of(what))?;
            undo.consoles.push(console);
        }
    }
    for function in wanted {
        // Loading the module may have claimed it.
        let driver = if act.dry_run {
            function.driver.known().cloned()
        } else {
            act.driver(&function.name)
        };
        if driver.as_deref() == Some(OURS) {
            continue;
        }
        undo.functions.push(Was {
            name: function.name.clone(),
            short: function.short().to_owned(),
            driver: driver.clone(),
            driver_override: function.details.driver_override.clone(),
            stuck: false,
        });
        let result = take(act, function, driver.as_deref(), options.wait);
        if let Err(trouble) = result {
            if let Some(was) = undo.functions.last_mut() {
                was.stuck = trouble.is_stuck();
            }
            return Err(trouble);
        }
    }
    Ok(())
}

/// Takes a function from its driver, if it has one.
pub(super) fn take(
    act: &mut Act<'_>,
    function: &Function,
    driver: Option<&str>,
    wait: Duration,
) -> Result<(), Trouble> {
    let (name, short) = (&function.name, function.short());
    // From here on no other driver can get it. Who does not come back has it locked.
    let what = format!("{short} could not be reserved");
    let file = format!("{DEVICES}/{name}/driver_override");
    act.write(&file, OURS, Some(wait))
        .map_err(Trouble::of(what))?;
    if let Some(driver) = driver {
        let what = format!("{driver} does not let go of {short}");
        unbind(act, name, wait).map_err(Trouble::of(what))?;
    }
    let what = format!("{short} could not be claimed");
    let mark = act.write("/sys/bus/pci/drivers_probe", name, Some(wait));
    mark.map_err(Trouble::of(what))?;
    if act.dry_run {
        return Ok(());
    }
    match act.driver(name) {
        Some(now) if now == OURS => Ok(()),
        now => {
            let now = now.as_deref().unwrap_or("no driver");
            let line = format!("vga-stub did not claim {short}, which has {now} now");
            Err(Trouble::after([line], act.logged()))
        }
    }
}

/// Has a function's driver let go of it.
pub(super) fn unbind(act: &mut Act<'_>, name: &str, wait: Duration) -> Result<(), Refused> {
    act.write(&format!("{DEVICES}/{name}/driver/unbind"), name, Some(wait))
}

/// A function as it was.
struct Was {
    /// Its address.
    name: String,
    /// The same without the domain if that is 0.
    short: String,
    /// The driver that had it.
    driver: Option<String>,
    /// Its override.
    driver_override: Datum<String>,
    /// Whether its driver has not come back.
    stuck: bool,
}

/// What is to be put back if something fails.
#[derive(Default)]
pub(super) struct Undo {
    /// The consoles that were taken off their framebuffers.
    consoles: Vec<String>,
    /// The functions that were touched.
    functions: Vec<Was>,
}

impl Undo {
    /// Puts all back, the last one first. Returns what is as it was, and says what is not.
    pub(super) fn all(
        &mut self,
        act: &mut Act<'_>,
        wait: Duration,
        outcome: &mut Outcome,
    ) -> Vec<String> {
        let mut back = Vec::new();
        let now = act.look();
        for was in std::mem::take(&mut self.functions).into_iter().rev() {
            // Somebody has it locked, and each write would wait for that.
            if was.stuck {
                was.leave(act, outcome);
                continue;
            }
            // A guest's driver would wait for the guest.
            let users = guests(&now, &was.name);
            if !users.is_empty() {
                outcome.problem(format!(
                    "{} could not be put back: it is in use by {}",
                    was.short,
                    users.join(", ")
                ));
                continue;
            }
            match was.put_back(act, wait) {
                Ok(()) => match act.driver(&was.name) {
                    now if now == was.driver => back.push(was.short),
                    now => outcome.problem(format!(
                        "{} could not be put back: it has {} now",
                        was.short,
                        now.as_deref().unwrap_or("no driver")
                    )),
                },
                Err(refused) => {
                    outcome.refused(
                        format_args!("{} could not be put back", was.short),
                        &refused,
                    );
                }
            }
        }
        for console in std::mem::take(&mut self.consoles) {
            if let Err(refused) = console::bind(act, &console, true, wait) {
                outcome.refused(format_args!("{console} could not be put back"), &refused);
            }
        }
        back
    }
}

/// Returns who has a function in use by a driver for guests.
fn guests(now: &Host, name: &str) -> Vec<String> {
    let function = now.function(name);
    let function = function.filter(|function| function.guests_driver().is_some());
    function.map_or_else(Vec::new, |function| users_in_words(now, function))
}

impl Was {
    /// Says what stays as it is not to be, and how it goes.
    fn leave(&self, act: &Act<'_>, outcome: &mut Outcome) {
        let file = format!("{DEVICES}/{}/driver_override", self.name);
        let now = act.value(&file).known().cloned().unwrap_or_default();
        if now != OURS {
            return;
        }
        let before = self.driver_override.known().map_or("", String::as_str);
        let driver = self.driver.as_deref().unwrap_or("its driver");
        let card = outcome.card.clone();
        outcome.problem(format!(
            "{} stays reserved for vga-stub, by its driver_override.",
            self.short
        ));
        outcome.hints.extend([
            format!("When {driver} has let go of it:"),
            format!("  vga-stub hold {card}    takes it"),
            format!("  vga-stub lend {card}    gives it back to the host"),
        ]);
        let text = if before.is_empty() {
            String::new()
        } else {
            format!("{} ", quoted(before))
        };
        outcome
            .hints
            .push(format!("Or lift it by hand: echo {text}> {file}"));
        outcome.left.push(Left {
            file,
            before: before.into(),
            now,
        });
    }

    /// Puts a function back: its override and its driver.
    fn put_back(&self, act: &mut Act<'_>, wait: Duration) -> Result<(), Refused> {
        let now = act.driver(&self.name);
        let away = now != self.driver;
        if away && now.is_some() {
            unbind(act, &self.name, wait)?;
        }
        let before = self.driver_override.known().map_or("\n", String::as_str);
        let file = format!("{DEVICES}/{}/driver_override", self.name);
        act.write(&file, before, Some(wait))?;
        match &self.driver {
            Some(driver) if away => {
                let file = format!("{DRIVERS}/{driver}/bind");
                act.write(&file, &self.name, Some(wait))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::io::Errno;

    use super::*;
    use crate::{
        act::testing::{
            hosts,
            Model, //
        },
        card,
        facts::testing::{
            good,
            Machine, //
        }, //
    };

    /// A console on a framebuffer of a function.
    fn console(machine: Machine, fb: &str, function: &str) -> Machine {
        machine
            .link(
                &format!("/sys/class/graphics/{fb}"),
                &format!("../../devices/pci0000:00/{function}/graphics/{fb}"),
            )
            .file("/sys/class/vtconsole/vtcon0/name", "(S) dummy device\n")
            .file("/sys/class/vtconsole/vtcon0/bind", "0\n")
            .file(
                "/sys/class/vtconsole/vtcon1/name",
                "(M) frame buffer device\n",
            )
            .file("/sys/class/vtconsole/vtcon1/bind", "1\n")
    }

    /// Holds a card of a model, and returns what came of it.
    fn hold(model: &mut Model, card: &str, force: bool) -> Outcome {
        let options = Options {
            force,
            wait: Duration::from_secs(10),
        };
        let host = model.host();
        let selected = card::resolve(&host, card).unwrap();
        let mut act = Act::new(model, false);
        go(&host, &selected[0], options, &mut act)
    }

    #[test]
    fn the_display_is_taken_last() {
        let mut model = Model::new(hosts());
        let outcome = hold(&mut model, "01:00", false);
        assert!(outcome.done && outcome.changed, "{outcome:?}");
        assert_eq!(outcome.says, "01:00 is held");
        assert_eq!(
            model.written(),
            [
                "0000:01:00.1/driver_override vga-stub",
                "driver/unbind 0000:01:00.1",
                "pci/drivers_probe 0000:01:00.1",
                "0000:01:00.0/driver_override vga-stub",
                "driver/unbind 0000:01:00.0",
                "pci/drivers_probe 0000:01:00.0",
            ]
        );
        let outcome = hold(&mut model, "01:00", false);
        assert_eq!(outcome.says, "01:00: nothing to do: it is held");
        assert!(outcome.done && model.written().is_empty());
    }

    #[test]
    fn who_has_it_open_is_named_and_nothing_is_touched() {
        for (queries, says) in [
            (
                [("open-files", "2143\tgnome-shell\t/dev/dri/renderD129\n")].as_slice(),
                "01:00.0 is open in gnome-shell (2143)",
            ),
            (
                &[("open-files", "1987\twireplumber\t/dev/snd/pcmC1D3p\n")],
                "01:00.1 is open in wireplumber (1987)",
            ),
            (
                &[("mapped-files", "77\tglxgears\t/dev/dri/renderD129\n")],
                "01:00.0 is open in glxgears (77)",
            ),
        ] {
            let machine = queries
                .iter()
                .fold(hosts(), |machine, (name, text)| machine.query(name, text));
            let mut model = Model::new(machine);
            let outcome = hold(&mut model, "01:00", true);
            assert!(!outcome.done);
            assert_eq!(outcome.problems[0], says);
            assert_eq!(outcome.problems.last().unwrap(), "Nothing was changed.");
            assert!(model.written().is_empty());
        }
    }

    #[test]
    fn the_console_is_taken_only_by_force() {
        let mut model = Model::new(console(hosts(), "fb0", "0000:01:00.0"));
        let outcome = hold(&mut model, "01:00", false);
        assert_eq!(
            outcome.problems[0],
            "the console draws on 01:00.0 (fb0), whose screen would stand still"
        );
        assert!(model.written().is_empty());
        let outcome = hold(&mut model, "01:00", true);
        assert!(outcome.done, "{outcome:?}");
        assert_eq!(model.written()[0], "vtcon1/bind 0");

        // Another card's console does not matter.
        let machine = console(hosts(), "fb0", "0000:00:02.0");
        let mut model = Model::new(machine.link(
            "/sys/class/graphics/fb1",
            "../../devices/pci0000:00/0000:01:00.0/graphics/fb1",
        ));
        assert!(hold(&mut model, "01:00", false).done);
        assert!(!model.written().iter().any(|line| line.contains("vtcon")));

        let boot = hosts().file("/proc/iomem", "0-0 : 0000:01:00.0\n  0-0 : BOOTFB\n");
        let outcome = hold(&mut Model::new(boot), "01:00", false);
        assert!(outcome.problems[0].contains("(BOOTFB)"), "{outcome:?}");
    }

    #[test]
    fn if_one_fails_the_others_are_put_back() {
        let mut model = Model::new(console(hosts(), "fb0", "0000:01:00.0"));
        model.fail("unbind 0000:01:00.0", Errno::IO, "nouveau 0000:01:00.0: no");
        let outcome = hold(&mut model, "01:00", true);
        assert!(!outcome.done && !outcome.changed, "{outcome:?}");
        assert_eq!(
            outcome.problems,
            [
                "nouveau does not let go of 01:00.0: EIO: Input/output error",
                "kernel: nouveau 0000:01:00.0: no",
                "Put back as it was: 01:00.0, 01:00.1."
            ]
        );
        assert_eq!(model.driver("0000:01:00.0"), "nouveau");
        assert_eq!(model.driver("0000:01:00.1"), "snd_hda_intel");
        let written = model.written();
        assert_eq!(written.last().unwrap(), "vtcon1/bind 1");
        let host = model.host();
        for function in host.functions() {
            assert!(function.details.driver_override.is_absent());
        }
    }

    #[test]
    fn a_driver_that_does_not_come_back_is_left_alone() {
        let mut model = Model::new(hosts());
        model.hang("unbind 0000:01:00.0");
        let outcome = hold(&mut model, "01:00", false);
        assert!(!outcome.done);
        assert_eq!(
            outcome.problems[0],
            "nouveau does not let go of 01:00.0: it has not come back within 10 s; process 4711 \
             waits in it"
        );
        assert_eq!(model.driver("0000:01:00.1"), "snd_hda_intel");
        let written = model.written();
        let after = written
            .iter()
            .position(|line| line == "driver/unbind 0000:01:00.0");
        assert!(!written[after.unwrap() + 1..]
            .iter()
            .any(|line| line.contains("0000:01:00.0")));
        // What stays is told, with what clears it.
        assert_eq!(
            outcome.problems[1..],
            [
                "01:00.0 stays reserved for vga-stub, by its driver_override.",
                "Put back as it was: 01:00.1."
            ]
        );
        let file = "/sys/bus/pci/devices/0000:01:00.0/driver_override";
        assert_eq!(
            outcome.hints[1..],
            [
                "When nouveau has let go of it:".to_owned(),
                "  vga-stub hold 01:00    takes it".into(),
                "  vga-stub lend 01:00    gives it back to the host".into(),
                format!("Or lift it by hand: echo > {file}")
            ]
        );
        assert_eq!(
            outcome.left,
            [Left {
                file: file.into(),
                before: String::new(),
                now: OURS.into()
            }]
        );
    }

    #[test]
    fn a_claim_that_did_not_come_is_no_success() {
        let mut model = Model::new(hosts());
        model.ignore("drivers_probe 0000:01:00.0");
        let outcome = hold(&mut model, "01:00", false);
        assert_eq!(
            outcome.problems[..2],
            [
                "vga-stub did not claim 01:00.0, which has no driver now",
                "kernel: vga-stub: nothing came of it"
            ]
        );
        assert_eq!(model.driver("0000:01:00.0"), "nouveau");
    }

    #[test]
    fn what_was_not_put_back_is_not_called_so() {
        let mut model = Model::new(hosts());
        model.ignore("drivers_probe 0000:01:00.0");
        model.ignore("nouveau/bind 0000:01:00.0");
        let outcome = hold(&mut model, "01:00", false);
        assert_eq!(
            outcome.problems[2..],
            [
                "01:00.0 could not be put back: it has no driver now",
                "Put back as it was: 01:00.1."
            ]
        );
    }

    #[test]
    fn what_a_guest_uses_is_not_unbound_to_put_it_back() {
        let mut model = Model::new(
            good()
                .driver("0000:01:00.0", "vfio-pci")
                .query("open-files", "4242\tqemu-system-x86\t/dev/vfio/14\n")
                .query("guests", "4242\twin11\tvfio-pci,host=0000:01:00.0\n"),
        );
        let was = Was {
            name: "0000:01:00.0".into(),
            short: "01:00.0".into(),
            driver: Some("nouveau".into()),
            driver_override: Datum::Absent,
            stuck: false,
        };
        let mut undo = Undo {
            consoles: Vec::new(),
            functions: vec![was],
        };
        let mut outcome = Outcome::default();
        let mut act = Act::new(&mut model, false);
        let back = undo.all(&mut act, Duration::from_secs(10), &mut outcome);
        assert_eq!(back, [""; 0]);
        assert_eq!(
            outcome.problems,
            ["01:00.0 could not be put back: it is in use by win11"]
        );
        assert_eq!(model.written(), [""; 0]);
    }

    #[test]
    fn what_the_host_lives_on_is_not_taken() {
        let machine = hosts()
            .function("0000:01:00.2", "0000:00:01.0", "10de", "1ad8", "0c0330")
            .driver("0000:01:00.2", "xhci_hcd")
            .file("/proc/net/route", "Iface Destination\neth0 00000000 0102\n")
            .link(
                "/sys/class/net/eth0",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.2/usb3/3-1/3-1:1.0/net/eth0",
            );
        let mut model = Model::new(machine);
        let outcome = hold(&mut model, "01:00", true);
        assert_eq!(
            outcome.problems,
            [
                "01:00.2 has the default route of the network (eth0)",
                "Nothing was changed."
            ]
        );
        assert_eq!(model.written(), [""; 0]);
        // Its other functions can be taken.
        assert!(hold(&mut model, "01:00.0", true).done);
        // A host may do without a keyboard.
        let machine = hosts()
            .function("0000:01:00.2", "0000:00:01.0", "10de", "1ad8", "0c0330")
            .driver("0000:01:00.2", "xhci_hcd")
            .file(
                "/sys/class/input/input5/capabilities/key",
                "fffffffffffffffe\n",
            )
            .link(
                "/sys/class/input/input5",
                "../../devices/pci0000:00/0000:00:01.0/0000:01:00.2/usb3/3-1/3-1:1.0/input/input5",
            );
        let mut model = Model::new(machine);
        let outcome = hold(&mut model, "01:00", false);
        assert_eq!(
            outcome.problems,
            ["01:00.2 has the only keyboard", "Nothing was changed."]
        );
        assert_eq!(
            outcome.hints,
            ["vga-stub hold 01:00 --force takes it all the same"]
        );
        assert!(hold(&mut model, "01:00", true).done);
    }

    #[test]
    fn nothing_is_taken_unseen() {
        let mut model = Model::new(hosts().denied("open-files").denied("mapped-files"));
        let outcome = hold(&mut model, "01:00", true);
        assert_eq!(
            outcome.problems,
            [
                "cannot see who has it open: it takes root",
                "Nothing was changed."
            ]
        );
        assert_eq!(model.written(), [""; 0]);
    }

    #[test]
    fn what_was_seen_in_part_is_not_called_all() {
        let partly = || hosts().query("open-files", "7\tx\t/dev/dri/card9\nunseen\t83\t0 105\n");
        let mut model = Model::new(partly());
        assert_eq!(
            hold(&mut model, "01:00", true).problems,
            [
                "cannot see whether 83 processes of users 0 105 have it open: it takes root",
                "Nothing was changed."
            ]
        );
        assert_eq!(model.written(), [""; 0]);
        let host = model.host();
        let selected = card::resolve(&host, "01:00").unwrap();
        let options = Options {
            force: false,
            wait: Duration::from_secs(10),
        };
        let outcome = go(
            &host,
            &selected[0],
            options,
            &mut Act::new(&mut model, true),
        );
        assert!(outcome.done);
        assert_eq!(
            outcome.hints,
            ["Who has it open was looked at in part. Not looked at: 83 processes of users 0 105; it \
              takes root."]
        );
    }

    #[test]
    fn no_write_lasts_for_ever() {
        let machine = console(hosts(), "fb0", "0000:01:00.0");
        let mut model = Model::new(machine);
        assert!(hold(&mut model, "01:00", true).done);
        assert_eq!(model.unlimited(), [""; 0]);
        let mut model = Model::new(console(hosts(), "fb0", "0000:01:00.0"));
        model.fail("drivers_probe 0000:01:00.0", Errno::NODEV, "");
        assert!(!hold(&mut model, "01:00", true).done);
        assert!(model.written().contains(&"vtcon1/bind 1".into()));
        assert_eq!(model.unlimited(), [""; 0]);
    }

    #[test]
    fn what_a_guest_has_is_not_taken() {
        let mut model = Model::new(
            good()
                .driver("0000:01:00.0", "vfio-pci")
                .file("/sys/class/vga_stub/0000:01:00.0/state", "handed-off\n"),
        );
        let outcome = hold(&mut model, "01:00", true);
        assert_eq!(
            outcome.problems[0],
            "01:00.0 is with vfio-pci, which has it for a guest"
        );
        assert_eq!(outcome.hints, ["vga-stub reclaim 01:00"]);
    }

    #[test]
    fn the_module_is_loaded_first() {
        let mut model = Model::new(hosts().gone("/sys/module/vga_stub"));
        assert!(hold(&mut model, "01:00", false).done);
        assert_eq!(model.written()[0], "modprobe vga_stub");
    }
}
