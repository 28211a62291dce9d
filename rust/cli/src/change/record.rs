// SPDX-License-Identifier: GPL-2.0

//! The record of what `setup` did. The check groups-changed reads its `groups`.

use std::collections::BTreeMap;

use serde::{
    Deserialize,
    Serialize, //
};

use super::options::Options;

/// The record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The version of this format.
    pub(crate) schema: u32,
    /// The version of the command that wrote it.
    pub(crate) version: String,
    /// The cards.
    #[serde(rename = "cards")]
    pub(crate) options: Options,
    /// The options file's text; nothing where there is none.
    pub(crate) text: Option<String>,
    /// The words of the kernel's command line that were added.
    pub(crate) words: Vec<String>,
    /// For each function that was set up, the members of its IOMMU group.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// The directories that were made.
    pub(crate) made: Vec<String>,
    /// What was run.
    pub(crate) commands: Vec<String>,
    /// Whether what was begun has not been finished: the images may not be as the file.
    pub(crate) pending: bool,
}

impl Record {
    /// Reads one.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let record: Self = serde_json::from_str(text).map_err(|error| error.to_string())?;
        match record.schema {
            1 => Ok(record),
            other => Err(format!("it has schema {other}, and this command knows 1")),
        }
    }

    /// Returns its text.
    pub(crate) fn write(&self) -> Result<String, String> {
        let text = serde_json::to_string_pretty(self);
        text.map(|text| text + "\n")
            .map_err(|error| error.to_string())
    }

    /// Returns whether another one says the same, by whatever version and whatever was run.
    pub(crate) fn says(&self, other: &Self) -> bool {
        self.options == other.options
            && self.text == other.text
            && self.words == other.words
            && self.groups == other.groups
    }
}
