// SPDX-License-Identifier: GPL-2.0

//! The file in modprobe.d that `setup` writes. It says all that it was made of, so that a lost
//! record loses nothing: for each card a comment line with slot, place and name, then a comment line
//! for each entry; then the lines for modprobe, which follow from these.

use serde::{
    Deserialize,
    Serialize, //
};

/// How a file of ours begins.
pub(crate) const HEAD_START: &str = "# Written by vga-stub setup";

/// Its head.
const HEAD: &str = "\
# Written by vga-stub setup: the cards that are held for virtual machines.
# To take it back: vga-stub undo --apply
# Do not edit it: put options of your own into another file.
";

/// A card that was set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    /// The slot that it was in: `01:00`.
    pub(crate) slot: String,
    /// Its place, with `*` for all functions: `00:01.0/00.*`.
    pub(crate) place: String,
    /// Its name in words.
    pub(crate) name: String,
    /// Its entries of `devices=`.
    pub(crate) devices: Vec<String>,
    /// Its entries of `ids=`.
    pub(crate) ids: Vec<String>,
    /// The modules that must come after vga_stub.
    pub(crate) softdeps: Vec<String>,
}

impl Card {
    /// Returns its lists by their keywords.
    fn lists(&self) -> [(&'static str, &Vec<String>); 3] {
        [
            ("devices", &self.devices),
            ("ids", &self.ids),
            ("softdep", &self.softdeps),
        ]
    }

    /// Returns its list of a keyword.
    fn list(&mut self, keyword: &str) -> Option<&mut Vec<String>> {
        match keyword {
            "devices" => Some(&mut self.devices),
            "ids" => Some(&mut self.ids),
            "softdep" => Some(&mut self.softdeps),
            _ => None,
        }
    }
}

/// The cards that were set up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Options {
    /// In the order in which they were set up.
    pub(crate) cards: Vec<Card>,
}

impl Options {
    /// Returns the value of `devices`, `ids` or `softdep` for all cards, each entry once.
    fn all(&self, keyword: &str) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        let lists = self.cards.iter().flat_map(Card::lists);
        for entry in lists
            .filter(|(name, _)| *name == keyword)
            .flat_map(|(_, list)| list)
        {
            if !all.contains(&entry.as_str()) {
                all.push(entry);
            }
        }
        all
    }

    /// Returns the text of a parameter, `devices` or `ids`.
    pub(crate) fn parameter(&self, name: &str) -> String {
        self.all(name).join(",")
    }

    /// Returns the file's text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::from(HEAD);
        for card in &self.cards {
            text += &format!("#\n# {} {} {}\n", card.slot, card.place, card.name);
            for (keyword, list) in card.lists() {
                for entry in list {
                    text += &format!("#   {keyword} {entry}\n");
                }
            }
        }
        for name in ["devices", "ids"] {
            let value = self.parameter(name);
            if !value.is_empty() {
                text += &format!("options vga_stub {name}={value}\n");
            }
        }
        for module in self.all("softdep") {
            text += &format!("softdep {module} pre: vga_stub\n");
        }
        text
    }

    /// Reads what a file was made of. Lines that are none of ours are passed over: compare the text
    /// that it gives with the one that was read.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut cards: Vec<Card> = Vec::new();
        for line in text.strip_prefix(HEAD)?.lines() {
            if let Some(rest) = line.strip_prefix("#   ") {
                let (keyword, entry) = rest.split_once(' ')?;
                cards.last_mut()?.list(keyword)?.push(entry.into());
            } else if let Some(rest) = line.strip_prefix("# ") {
                let (slot, rest) = rest.split_once(' ')?;
                let (place, name) = rest.split_once(' ')?;
                cards.push(Card {
                    slot: slot.into(),
                    place: place.into(),
                    name: name.into(),
                    ..Card::default()
                });
            }
        }
        Some(Self { cards })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cards, one by place and one by IDs.
    pub(super) fn two() -> Options {
        let list = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
        Options {
            cards: vec![
                Card {
                    slot: "01:00".into(),
                    place: "00:01.0/00.*".into(),
                    name: "NVIDIA AD102 [GeForce RTX 4090]".into(),
                    devices: list(&["00:01.0/00.0=10de:2684", "00:01.0/00.1=10de:22ba"]),
                    ids: vec![],
                    softdeps: list(&["drm_x"]),
                },
                Card {
                    slot: "08:00".into(),
                    place: "00:02.0/00.*".into(),
                    name: "AMD Navi 31".into(),
                    devices: vec![],
                    ids: list(&["1002:744c"]),
                    softdeps: list(&["drm_x"]),
                },
            ],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = two().text();
        assert_eq!(Options::parse(&text), Some(two()));
        assert!(text.ends_with(
            "options vga_stub devices=00:01.0/00.0=10de:2684,00:01.0/00.1=10de:22ba\n\
             options vga_stub ids=1002:744c\nsoftdep drm_x pre: vga_stub\n"
        ));
    }

    #[test]
    fn what_was_edited_gives_another_text() {
        let text = two().text();
        for edited in [
            text.clone() + "options vga_stub rom=no\n",
            text.replace("2684,", ""),
            text.trim_end().to_owned(),
            text.replace("#   ids 1002:744c\n", ""),
        ] {
            let parsed = Options::parse(&edited).map(|options| options.text());
            assert_ne!(parsed, Some(edited));
        }
    }
}
