// SPDX-License-Identifier: GPL-2.0

//! Changes to this machine: writes to sysfs, and a module that is loaded.
//!
//! [`Hands`] does them: [`live::Live`] on this machine, a model of the driver core in tests. [`Act`]
//! keeps what was done and what came of it, does nothing where the user wants to see it only, and
//! looks at the machine again afterwards. `moves` is what verbs do; it makes an [`outcome::Outcome`] of
//! a card, which says what is so now.
//!
//! A write to a driver's `unbind`, or one that has a driver look for devices, can hang in that
//! driver for ever, and cannot be killed. Such writes have a time limit: see [`live`].

mod console;
pub(crate) mod errno;
mod found;
pub(crate) mod hold;
mod kmsg;
pub(crate) mod lend;
pub(crate) mod live;
pub(crate) mod moves;
pub(crate) mod outcome;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod trial;
mod trouble;

use std::time::Duration;

use serde::{
    Serialize,
    Serializer, //
};

use crate::facts::{
    Datum,
    Host,
    Source, //
};

/// Where PCI functions are.
const DEVICES: &str = "/sys/bus/pci/devices";
/// Where the drivers of PCI functions are.
const DRIVERS: &str = "/sys/bus/pci/drivers";
/// Where the module shows the functions that it has claimed.
const CLASS: &str = "/sys/class/vga_stub";
/// The module's driver.
pub(crate) const OURS: &str = "vga-stub";

/// What changes a machine, and shows it.
pub(crate) trait Hands {
    /// The machine as it is now.
    fn source(&self) -> &dyn Source;

    /// Writes a text to a file at once, for as long as `patience` lasts, if there is a limit. Returns
    /// what the kernel logged meanwhile.
    fn write(
        &mut self,
        file: &str,
        text: &str,
        patience: Option<Duration>,
    ) -> Result<Vec<String>, Refused>;

    /// Runs a program. Returns what the kernel logged meanwhile.
    fn run(&mut self, words: &[String]) -> Result<Vec<String>, Refused>;

    /// Lets time pass.
    fn sleep(&mut self, time: Duration);
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The kernel said so: the number of the error.
    Errno(i32),
    /// It has not come back within these seconds; the process that waits in it.
    Stuck(u64, u32),
    /// A program failed, and this is what it said.
    Said(String),
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Errno(number) => f.write_str(&errno::words(*number)),
            Self::Stuck(seconds, pid) => write!(
                f,
                "it has not come back within {seconds} s; process {pid} waits in it"
            ),
            Self::Said(text) => f.write_str(text),
        }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A change that was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Why.
    pub(crate) why: Why,
    /// What the kernel logged of it.
    pub(crate) kernel: Vec<String>,
}

impl Refused {
    /// Returns whether it is an error of that number.
    pub(crate) fn is(&self, errno: rustix::io::Errno) -> bool {
        self.why == Why::Errno(errno.raw_os_error())
    }

    /// Returns whether it has not come back.
    pub(crate) fn is_stuck(&self) -> bool {
        matches!(self.why, Why::Stuck(..))
    }
}

/// A change, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Step {
    /// The file that is written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) write: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// The program that is run, and its arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<Vec<String>>,
    /// Why it was not done.
    pub(crate) error: Option<Why>,
    /// What the kernel logged meanwhile.
    pub(crate) kernel: Vec<String>,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(words) = &self.run {
            return f.write_str(&words.join(" "));
        }
        let file = self.write.as_deref().unwrap_or_default();
        match self.text.as_deref().map(str::trim).unwrap_or_default() {
            "" => write!(f, "clear {file}"),
            text => write!(f, "write {text} to {file}"),
        }
    }
}

/// What is done to a card, in turn.
pub(crate) struct Act<'a> {
    /// What does it.
    hands: &'a mut dyn Hands,
    /// Whether it is only to be shown.
    pub(crate) dry_run: bool,
    /// What was done, or would be.
    steps: Vec<Step>,
    /// Whether a change has not come back: who is in it may have locked what a look would wait for.
    stuck: bool,
}

impl<'a> Act<'a> {
    /// Begins.
    pub(crate) fn new(hands: &'a mut dyn Hands, dry_run: bool) -> Self {
        Self {
            hands,
            dry_run,
            steps: Vec::new(),
            stuck: false,
        }
    }

    /// Returns whether a change has not come back.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck
    }

    /// Notes a change, and what came of it.
    fn note(
        &mut self,
        mut step: Step,
        result: Result<Vec<String>, Refused>,
    ) -> Result<(), Refused> {
        match &result {
            Ok(kernel) => step.kernel.clone_from(kernel),
            Err(refused) => {
                self.stuck |= refused.is_stuck();
                step.error = Some(refused.why.clone());
                step.kernel.clone_from(&refused.kernel);
            }
        }
        self.steps.push(step);
        result.map(|_| ())
    }

    /// Returns what the kernel logged during the last change.
    pub(crate) fn logged(&self) -> Vec<String> {
        self.steps
            .last()
            .map(|step| step.kernel.clone())
            .unwrap_or_default()
    }

    /// Writes a text to a file, for as long as `patience` lasts, if there is a limit.
    pub(crate) fn write(
        &mut self,
        file: &str,
        text: &str,
        patience: Option<Duration>,
    ) -> Result<(), Refused> {
        let step = Step {
            write: Some(file.into()),
            text: Some(text.into()),
            run: None,
            error: None,
            kernel: Vec::new(),
        };
        let result = if self.dry_run {
            Ok(Vec::new())
        } else {
            self.hands.write(file, text, patience)
        };
        self.note(step, result)
    }

    /// Writes as long as the kernel says EBUSY, until `wait` is over; each time for as long as
    /// `patience` lasts. Only the last time is noted.
    pub(crate) fn write_until(
        &mut self,
        file: &str,
        text: &str,
        wait: Duration,
        patience: Duration,
    ) -> Result<(), Refused> {
        /// How long to wait between two tries.
        const NAP: Duration = Duration::from_millis(200);
        let mut waited = Duration::ZERO;
        loop {
            let before = self.steps.len();
            let result = self.write(file, text, Some(patience));
            let busy = matches!(&result, Err(refused) if refused.is(rustix::io::Errno::BUSY));
            if !busy || waited >= wait {
                return result;
            }
            self.steps.truncate(before);
            self.hands.sleep(NAP);
            waited += NAP;
        }
    }

    /// Runs a program.
    pub(crate) fn run(&mut self, words: &[&str]) -> Result<(), Refused> {
        let words: Vec<_> = words.iter().map(|word| (*word).to_owned()).collect();
        let result = if self.dry_run {
            Ok(Vec::new())
        } else {
            self.hands.run(&words)
        };
        let step = Step {
            write: None,
            text: None,
            run: Some(words),
            error: None,
            kernel: Vec::new(),
        };
        self.note(step, result)
    }

    /// Looks at the cards as they are now.
    pub(crate) fn look(&self) -> Host {
        Host::of_cards(self.hands.source())
    }

    /// Returns the text of a file with one value.
    pub(crate) fn value(&self, file: &str) -> Datum<String> {
        self.hands.source().value(file)
    }

    /// Returns whether there is a directory.
    pub(crate) fn is_directory(&self, path: &str) -> bool {
        self.hands.source().list(path).known().is_some()
    }

    /// Returns whether a module is loaded, or built in and has parameters.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        self.is_directory(&format!("/sys/module/{name}"))
    }

    /// Returns which driver has a function now.
    pub(crate) fn driver(&self, function: &str) -> Option<String> {
        let uevent = self
            .hands
            .source()
            .text(&format!("{DEVICES}/{function}/uevent"));
        let mut lines = uevent.known().map(String::as_str).unwrap_or("").lines();
        lines.find_map(|line| line.strip_prefix("DRIVER=").map(str::to_owned))
    }

    /// Returns what the drivers of PCI functions are called that a module has, or that are called
    /// so.
    pub(crate) fn drivers_called(&self, name: &str) -> Vec<String> {
        let module = format!("/sys/module/{}/drivers", name.replace('-', "_"));
        let drivers = self.hands.source().list(&module);
        let drivers = drivers.known().into_iter().flatten();
        let mut names = vec![name.to_owned()];
        names.extend(drivers.filter_map(|driver| driver.strip_prefix("pci:").map(str::to_owned)));
        names
    }

    /// Returns what was done.
    pub(crate) fn into_steps(self) -> Vec<Step> {
        self.steps
    }
}

/// Returns whether a driver's name is one of some, `-` and `_` being the same.
pub(crate) fn is_one_of(driver: Option<&str>, names: &[String]) -> bool {
    driver.is_some_and(|driver| {
        names
            .iter()
            .any(|name| vga_stub_core::group::is_same_name(name.as_bytes(), driver.as_bytes()))
    })
}
