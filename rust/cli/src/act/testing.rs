// SPDX-License-Identifier: GPL-2.0

//! A model of the kernel's driver core and of the module, on a machine of `facts::testing`: who gets
//! a function, and what does not work.

use std::{
    collections::BTreeMap,
    time::Duration, //
};

use rustix::io::Errno;

use super::{
    hold,
    trial::{
        self,
        Trial, //
    },
    Act,
    Hands,
    Refused,
    Why,
    CLASS,
    DEVICES,
    DRIVERS,
    OURS, //
};
use crate::{
    card,
    facts::{
        testing::{
            good,
            Machine, //
        },
        Datum,
        Host,
        Source, //
    },
};

/// The usual machine, on which the host's drivers have the card 01:00.
pub(crate) fn hosts() -> Machine {
    good()
        .lost("0000:01:00.0", "nouveau")
        .lost("0000:01:00.1", "snd_hda_intel")
        .link(
            "/sys/class/drm/renderD129",
            "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/renderD129",
        )
        .link(
            "/sys/class/sound/card1",
            "../../devices/pci0000:00/0000:00:01.0/0000:01:00.1/sound/card1",
        )
}

/// Tries the card 01:00 of a model.
pub(crate) fn tried(model: &mut Model) -> Trial {
    let options = hold::Options {
        force: false,
        wait: Duration::from_secs(10),
    };
    let host = model.host();
    let selected = card::resolve(&host, "01:00").unwrap();
    let mut act = Act::new(model, false);
    let mut trial = trial::go(&host, &selected[0], options, &mut act);
    trial::finish(&mut trial, &mut act);
    trial
}

/// Leaves what a verb prints as JSON where the check `cli` wants it, to compare it with the schema.
pub(crate) fn for_the_schema(name: &str, json: &str) {
    if let Some(directory) = std::env::var_os("JSON_DIRECTORY") {
        let file = std::path::Path::new(&directory).join(name);
        std::fs::write(file, json).unwrap();
    }
}

/// The machine, and what is to go wrong.
pub(crate) struct Model {
    /// The machine as it is now.
    machine: Machine,
    /// Files whose writes fail, by the end of their names: the error, and the kernel's line.
    failing: BTreeMap<String, (Why, String)>,
    /// Files whose writes do nothing, by the end of their names.
    ignored: Vec<String>,
    /// The driver that each function's removal is to leave it to: that of the host.
    hosts: BTreeMap<String, String>,
    /// What was written: file, text.
    written: Vec<String>,
    /// What was written without a time limit.
    unlimited: Vec<String>,
    /// How long was waited.
    slept: Duration,
}

impl Model {
    /// A machine on which all works.
    pub(crate) fn new(machine: Machine) -> Self {
        let mut hosts = BTreeMap::new();
        for function in machine.host().functions() {
            if let Some(driver) = function.host_driver() {
                hosts.insert(function.name.clone(), driver.to_owned());
            } else if let Some(driver) = function.host_drivers.first() {
                hosts.insert(function.name.clone(), driver.clone());
            }
        }
        Self {
            machine,
            failing: BTreeMap::new(),
            ignored: Vec::new(),
            hosts,
            written: Vec::new(),
            unlimited: Vec::new(),
            slept: Duration::ZERO,
        }
    }

    /// The machine as it is now.
    pub(crate) fn host(&self) -> Host {
        Host::of_cards(&self.machine.record)
    }

    /// Has writes to a file fail.
    pub(crate) fn fail(&mut self, file: &str, errno: Errno, line: &str) {
        let why = Why::Errno(errno.raw_os_error());
        self.failing.insert(file.into(), (why, line.into()));
    }

    /// Has writes to a file hang.
    pub(crate) fn hang(&mut self, file: &str) {
        let why = Why::Stuck(10, 4711);
        self.failing.insert(file.into(), (why, String::new()));
    }

    /// Has writes to a file do nothing.
    pub(crate) fn ignore(&mut self, file: &str) {
        self.ignored.push(file.into());
    }

    /// Returns what was written since the last time: file and text, without what all paths have.
    pub(crate) fn written(&mut self) -> Vec<String> {
        std::mem::take(&mut self.written)
    }

    /// Returns what was written without a time limit.
    pub(crate) fn unlimited(&self) -> &[String] {
        &self.unlimited
    }

    /// Returns how long was waited.
    pub(crate) fn slept(&self) -> Duration {
        self.slept
    }

    /// Returns the driver that has a function, or an empty text.
    pub(crate) fn driver(&self, function: &str) -> String {
        let host = self.host();
        let driver = host.function(function).map(|function| &function.driver);
        driver.and_then(Datum::known).cloned().unwrap_or_default()
    }

    /// Returns a function's override.
    fn override_of(&self, function: &str) -> String {
        let file = format!("{DEVICES}/{function}/driver_override");
        let text = self.machine.record.value(&file).known().cloned();
        text.filter(|text| text != "(null)").unwrap_or_default()
    }

    /// Gives a function to a driver; to none if that is empty.
    fn bind(&mut self, function: &str, driver: &str) {
        let machine = self.machine.clone().driver(function, driver);
        let state = match driver {
            OURS => "held",
            "" => "unbound",
            driver if crate::facts::pci::is_holder(driver) => "handed-off",
            _ => "host",
        };
        let claimed = machine
            .host()
            .function(function)
            .is_some_and(|function| function.claimed.known().is_some());
        self.machine = if claimed || driver == OURS {
            machine.file(&format!("{CLASS}/{function}/state"), &format!("{state}\n"))
        } else {
            machine
        };
    }

    /// Finds a driver for a function that has none.
    fn probe(&mut self, function: &str) {
        if !self.driver(function).is_empty() {
            return;
        }
        let wanted = self.override_of(function);
        let driver = if wanted.is_empty() {
            self.hosts.get(function).cloned().unwrap_or_default()
        } else {
            wanted
        };
        self.bind(function, &driver);
    }

    /// Does what the kernel does.
    fn happen(&mut self, file: &str, text: &str) {
        let text = text.trim();
        if file == "/sys/bus/pci/drivers_probe" {
            self.probe(text);
        } else if let Some(driver) = file
            .strip_prefix(DRIVERS)
            .and_then(|rest| rest.strip_suffix("/bind"))
        {
            self.bind(text, driver.trim_matches('/'));
        } else if file.ends_with("/driver/unbind") {
            if self.driver(text) == OURS
                && self
                    .host()
                    .function(text)
                    .is_some_and(|f| f.named.is_some())
            {
                // It lifts the reservation of what devices= names.
                self.machine = self
                    .machine
                    .clone()
                    .pci(text, "driver_override", "(null)\n");
            }
            self.bind(text, "");
        } else if let Some(function) = file
            .strip_prefix(DEVICES)
            .and_then(|rest| rest.strip_suffix("/driver_override"))
        {
            let text = if text.is_empty() { "(null)" } else { text };
            let function = function.trim_matches('/');
            self.machine =
                self.machine
                    .clone()
                    .pci(function, "driver_override", &format!("{text}\n"));
        } else if let Some(function) = file
            .strip_prefix(CLASS)
            .and_then(|rest| rest.strip_suffix("/handoff"))
        {
            let driver = match text.split(' ').next() {
                Some("1") | None => "vfio-pci",
                Some(driver) => driver,
            };
            let module = format!("/sys/module/{}", driver.replace('-', "_"));
            self.machine = self.machine.clone().directory(&module);
            self.move_group(function.trim_matches('/'), driver);
        } else if let Some(function) = file
            .strip_prefix(CLASS)
            .and_then(|rest| rest.strip_suffix("/reclaim"))
        {
            self.move_group(function.trim_matches('/'), OURS);
        } else {
            self.machine = self.machine.clone().file(file, &format!("{text}\n"));
        }
    }

    /// Gives the claimed functions of a function's group to a driver.
    fn move_group(&mut self, function: &str, driver: &str) {
        let host = self.host();
        let function = host.function(function).unwrap();
        for other in host.functions() {
            if other.group == function.group && other.claimed.known().is_some() {
                self.bind(&other.name, driver);
            }
        }
    }
}

impl Hands for Model {
    fn source(&self) -> &dyn Source {
        &self.machine.record
    }

    fn write(
        &mut self,
        file: &str,
        text: &str,
        patience: Option<Duration>,
    ) -> Result<Vec<String>, Refused> {
        let parts: Vec<_> = file.rsplit('/').take(2).collect();
        let short = parts.into_iter().rev().collect::<Vec<_>>().join("/");
        // Of "driver/unbind" the text says whose it is.
        let line = format!("{short} {}", text.trim());
        let line = line.trim_end().to_owned();
        self.written.push(line.clone());
        if patience.is_none() {
            self.unlimited.push(line.clone());
        }
        let is = |end: &String| short.ends_with(end.as_str()) || line.ends_with(end.as_str());
        if let Some((_, (why, line))) = self.failing.iter().find(|(end, _)| is(end)) {
            let kernel = Some(line.clone()).filter(|line| !line.is_empty());
            return Err(Refused {
                why: why.clone(),
                kernel: kernel.into_iter().collect(),
            });
        }
        if self.ignored.iter().any(is) {
            return Ok(vec!["vga-stub: nothing came of it".into()]);
        }
        self.happen(file, text);
        Ok(Vec::new())
    }

    fn run(&mut self, words: &[String]) -> Result<Vec<String>, Refused> {
        self.written.push(words.join(" "));
        match words {
            [program, _, module] if program == "modprobe" && words[1] == "-r" => {
                self.machine = self.machine.clone().gone(&format!("/sys/module/{module}"));
                Ok(Vec::new())
            }
            [program, module] if program == "modprobe" && module == "vga_stub" => {
                self.machine = self
                    .machine
                    .clone()
                    .file("/sys/module/vga_stub/parameters/devices", "\n");
                Ok(Vec::new())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn sleep(&mut self, time: Duration) {
        self.slept += time;
    }
}
