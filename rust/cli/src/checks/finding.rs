// SPDX-License-Identifier: GPL-2.0

//! What a check has found.

use serde::{
    Serialize,
    Serializer, //
};

use crate::facts::{
    host::Card,
    pci::Slot,
    Function, //
};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// It does not work.
    Fail,
    /// It may go wrong.
    Warn,
    /// It is good to know.
    Info,
    /// No look was possible.
    Unknown,
    /// It is as it should be.
    Ok,
}

/// What it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// The machine.
    Machine,
    /// The module, its configuration, and the boot.
    Boot,
    /// A card.
    Card(Slot),
    /// A function of a card, by its name.
    Function(Slot, String),
    /// A guest, by its name.
    Domain(String),
}

impl Subject {
    /// Returns the slot, if it is about a card.
    pub(crate) fn slot(&self) -> Option<Slot> {
        match self {
            Self::Card(slot) | Self::Function(slot, _) => Some(*slot),
            _ => None,
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Machine => serializer.serialize_str("machine"),
            Self::Boot => serializer.serialize_str("boot"),
            Self::Card(slot) => serializer.collect_str(&format_args!(
                "{:04x}:{:02x}:{:02x}",
                slot.domain, slot.bus, slot.slot
            )),
            Self::Function(_, name) => serializer.serialize_str(name),
            Self::Domain(name) => serializer.collect_str(&format_args!("domain {name}")),
        }
    }
}

impl From<&Function> for Subject {
    fn from(function: &Function) -> Self {
        Self::Function(function.slot(), function.name.clone())
    }
}

impl From<&Card<'_>> for Subject {
    fn from(card: &Card<'_>) -> Self {
        Self::Card(card.slot)
    }
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Remedy {
    /// In words.
    pub(crate) text: String,
    /// What to type.
    pub(crate) command: Option<String>,
    /// Whether it takes a reboot to have an effect.
    pub(crate) needs_reboot: bool,
}

/// What it was seen by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Evidence {
    /// The file, or what else was asked.
    pub(crate) source: String,
    /// What stands there.
    pub(crate) text: String,
}

/// What a check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The check's name; the table puts it in.
    pub(crate) id: &'static str,
    /// How bad it is.
    pub(crate) level: Level,
    /// What it is about.
    pub(crate) subject: Subject,
    /// In a line.
    pub(crate) summary: String,
    /// In a few more.
    pub(crate) detail: String,
    /// What to do.
    pub(crate) remedy: Vec<Remedy>,
    /// What it was seen by.
    pub(crate) evidence: Vec<Evidence>,
    /// What it takes to look, if no look was possible.
    pub(crate) needs: Option<String>,
    /// Whether it is shown although it is good.
    #[serde(skip)]
    pub(crate) headline: bool,
}

impl Finding {
    /// Makes one.
    fn new(level: Level, subject: impl Into<Subject>, summary: impl Into<String>) -> Self {
        Self {
            id: "",
            level,
            subject: subject.into(),
            summary: summary.into(),
            detail: String::new(),
            remedy: Vec::new(),
            evidence: Vec::new(),
            needs: None,
            headline: false,
        }
    }

    /// Adds a few more lines.
    pub(crate) fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }

    /// Adds what it was seen by.
    pub(crate) fn seen(mut self, source: impl Into<String>, text: impl Into<String>) -> Self {
        self.evidence.push(Evidence {
            source: source.into(),
            text: text.into(),
        });
        self
    }

    /// Adds what to do, in words.
    pub(crate) fn advice(mut self, text: impl Into<String>) -> Self {
        self.remedy.push(Remedy {
            text: text.into(),
            command: None,
            needs_reboot: false,
        });
        self
    }

    /// Adds what to type, and what that does.
    pub(crate) fn command(mut self, command: impl Into<String>, text: impl Into<String>) -> Self {
        self.remedy.push(Remedy {
            text: text.into(),
            command: Some(command.into()),
            needs_reboot: false,
        });
        self
    }

    /// Says that what was added last takes a reboot.
    pub(crate) fn reboot(mut self) -> Self {
        if let Some(last) = self.remedy.last_mut() {
            last.needs_reboot = true;
        }
        self
    }

    /// Adds what takes a function from the host: now, and with its whole card at every boot.
    pub(crate) fn hold(self, function: &str, slot: impl std::fmt::Display) -> Self {
        self.command(format!("vga-stub hold {function}"), "Now")
            .command(format!("vga-stub setup {slot} --apply"), "For every boot")
            .reboot()
    }

    /// Says that it is to be shown although it is good.
    pub(crate) fn headline(mut self) -> Self {
        self.headline = true;
        self
    }
}

/// It does not work.
pub(crate) fn fail(subject: impl Into<Subject>, summary: impl Into<String>) -> Finding {
    Finding::new(Level::Fail, subject, summary)
}

/// It may go wrong.
pub(crate) fn warn(subject: impl Into<Subject>, summary: impl Into<String>) -> Finding {
    Finding::new(Level::Warn, subject, summary)
}

/// It is good to know.
pub(crate) fn info(subject: impl Into<Subject>, summary: impl Into<String>) -> Finding {
    Finding::new(Level::Info, subject, summary)
}

/// It is as it should be.
pub(crate) fn fine(subject: impl Into<Subject>, summary: impl Into<String>) -> Finding {
    Finding::new(Level::Ok, subject, summary)
}

/// No look was possible; `needs` is what it takes.
pub(crate) fn unknown(
    subject: impl Into<Subject>,
    summary: impl Into<String>,
    needs: impl Into<String>,
) -> Finding {
    let mut finding = Finding::new(Level::Unknown, subject, summary);
    finding.needs = Some(needs.into());
    finding
}

/// It does not work on a card that is for guests; of another one it is good to know.
pub(crate) fn fail_if(
    named: bool,
    subject: impl Into<Subject>,
    summary: impl Into<String>,
) -> Finding {
    Finding::new(
        if named { Level::Fail } else { Level::Info },
        subject,
        summary,
    )
}

/// It may go wrong on a card that is for guests; of another one it is good to know.
pub(crate) fn warn_if(
    named: bool,
    subject: impl Into<Subject>,
    summary: impl Into<String>,
) -> Finding {
    Finding::new(
        if named { Level::Warn } else { Level::Info },
        subject,
        summary,
    )
}
