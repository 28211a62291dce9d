// SPDX-License-Identifier: GPL-2.0

//! What names functions to vga-stub: the parameters of the loaded module, or those that it will
//! be loaded with.

use vga_stub_core::{
    devices::{
        self,
        Address,
        Fit, //
    },
    ids::{
        self,
        Identity, //
    },
};

use super::{
    config::Config,
    Datum,
    Source, //
};

/// Where the loaded module's parameters are.
const PARAMETERS: &str = "/sys/module/vga_stub/parameters";

/// What names a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// An entry of `devices=`: its position, the first is 1.
    Devices(usize),
    /// An entry of `ids=`: its position, the first is 1.
    Ids(usize),
}

impl Named {
    /// Returns the parameter.
    pub(crate) const fn parameter(self) -> &'static str {
        match self {
            Self::Devices(_) => "devices",
            Self::Ids(_) => "ids",
        }
    }
}

/// A parameter's text, and where it stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text {
    /// The text.
    pub(crate) text: String,
    /// The file, with the line if it is a configuration file.
    pub(crate) place: String,
}

/// The parameters that name cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Parameters {
    /// `ids=`.
    pub(crate) ids: Text,
    /// `devices=`.
    pub(crate) devices: Text,
    /// `rom=`.
    pub(crate) rom: Text,
}

impl Parameters {
    /// Returns what names a function that is at `route` and has these IDs.
    pub(crate) fn name(&self, route: &[Address], identity: &Identity) -> Option<Named> {
        let pair = (identity.vendor, identity.device);
        let mut places = devices::parse(self.devices.text.as_bytes());
        let at = places.position(|place| {
            place.is_ok_and(|place| place.fit(route.iter().copied(), pair) == Fit::Named)
        });
        if let Some(at) = at {
            return Some(Named::Devices(at + 1));
        }
        let mut ids = ids::parse(self.ids.text.as_bytes());
        let at = ids.position(|id| id.is_ok_and(|id| id.matches(identity)));
        at.map(|at| Named::Ids(at + 1))
    }

    /// Returns whether they name anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.ids.text.trim().is_empty() && self.devices.text.trim().is_empty()
    }
}

/// Nothing is named.
static NOTHING: Parameters = Parameters {
    ids: NO_TEXT,
    devices: NO_TEXT,
    rom: NO_TEXT,
};

/// No text.
const NO_TEXT: Text = Text {
    text: String::new(),
    place: String::new(),
};

/// What names functions now, and after the next boot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The loaded module's parameters; absent where it is not loaded.
    pub(crate) loaded: Datum<Parameters>,
    /// The version of the loaded module.
    pub(crate) version: Datum<String>,
    /// What the configuration and the kernel's command line give the module.
    pub(crate) configured: Parameters,
}

impl Selection {
    /// Reads it.
    pub(super) fn read(source: &dyn Source, config: &Config) -> Self {
        let names = source.list("/sys/module/vga_stub");
        let parameter = |name: &str| {
            let place = format!("{PARAMETERS}/{name}");
            Text {
                text: source.value(&place).known().cloned().unwrap_or_default(),
                place,
            }
        };
        Self {
            loaded: names.map(|_| Parameters {
                ids: parameter("ids"),
                devices: parameter("devices"),
                rom: parameter("rom"),
            }),
            version: source.value("/sys/module/vga_stub/version"),
            configured: Parameters {
                ids: config.option("vga_stub", "ids"),
                devices: config.option("vga_stub", "devices"),
                rom: config.option("vga_stub", "rom"),
            },
        }
    }

    /// Returns the parameters that count now: the loaded module's, or the configured ones if it is
    /// not loaded.
    pub(crate) fn now(&self) -> &Parameters {
        match &self.loaded {
            Datum::Known(parameters) => parameters,
            Datum::Absent => &self.configured,
            Datum::Unreadable(_) => &NOTHING,
        }
    }
}
