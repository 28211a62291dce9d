// SPDX-License-Identifier: GPL-2.0

//! What parameters with entries have in common: entries are divided by commas or blanks, and one
//! that cannot be used is reported with its text, its place and what is wrong.
//!
//! A blank divides two entries where no comma is next to it, and none of the characters that an
//! entry has between its parts (`:`, `.`, `/`, `=`): `1234:1111 8086:293e` is two entries, `1234:
//! 1111` is one.

use core::fmt::{
    self,
    Write as _, //
};

/// How much of a bad entry's text is shown, in bytes.
const SHOWN: usize = 64;

/// The fields of entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The vendor ID.
    Vendor,
    /// The device ID.
    Device,
    /// The subsystem vendor ID.
    Subvendor,
    /// The subsystem ID.
    Subdevice,
    /// The class code.
    Class,
    /// The bits of the class code that count.
    ClassMask,
    /// The PCI domain.
    Domain,
    /// The number of a bus.
    Bus,
    /// The number of a device on its bus.
    Slot,
    /// The number of a function of its device.
    Function,
    /// What `rom=` says.
    Rule,
}

impl Field {
    /// Returns the field's name, as the documentation of the parameters has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Device => "device",
            Self::Subvendor => "subvendor",
            Self::Subdevice => "subdevice",
            Self::Class => "class",
            Self::ClassMask => "class_mask",
            Self::Domain => "domain",
            Self::Bus => "bus",
            Self::Slot => "device number",
            Self::Function => "function",
            Self::Rule => "rule",
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The entry ends before the field.
    Missing,
    /// There is nothing between the colons.
    Empty,
    /// There is something else than hexadecimal digits.
    NotHexadecimal,
    /// The number is larger than the field.
    TooLarge,
    /// The class is one that no device has, though its base class is to be compared: the last byte
    /// was left out.
    ClassTooShort,
    /// The mask leaves out the base class, so that devices of every kind may match.
    NoBaseClass,
    /// Any vendor, any device and any class: the entry is for every device.
    Everything,
    /// There is a seventh field.
    TooManyFields,
    /// A part of a place is not there.
    NoPlace,
    /// There is no such number.
    OutOfRange,
    /// Every function, where one has to be named.
    Wildcard,
    /// Neither yes nor no, nor a place.
    NoRule,
}

impl Reason {
    /// Returns what is wrong and what to do, as the rest of a sentence that starts with the field's
    /// name.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Missing => "is missing; write vendor:device as lspci -n does",
            Self::Empty => "is empty; write ffffffff for any ID, or leave out what follows as well",
            Self::NotHexadecimal => {
                "is not a hexadecimal number; write vendor:device as lspci -n does"
            }
            Self::TooLarge => {
                "is larger than any device's; IDs have 4 digits or are ffffffff, classes have 6"
            }
            Self::ClassTooShort => "has no such base class; write all 6 digits, 030000 for VGA",
            Self::NoBaseClass => {
                "leaves out the base class; write 6 digits, 030000:ffff00 for all of VGA"
            }
            Self::Everything => {
                "is any, and so are vendor and class: every device; name one of them"
            }
            Self::TooManyFields => "is followed by more; an entry has 6 fields at most",
            Self::NoPlace => "is missing or no number; write 0000:01:00.0 as lspci -D does",
            Self::OutOfRange => {
                "is larger than any; buses end at ff, devices at 1f, functions at 7"
            }
            Self::Wildcard => "of a bridge cannot be *",
            Self::NoRule => {
                "is neither yes nor no nor a place; write no, 0000:01:00.0 or !0000:01:00.0"
            }
        }
    }
}

/// An entry as it stands in its parameter.
///
/// Its [`Display`](fmt::Display) has no line break: `ids= entry 2 "10de:1b80"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The entry's text, without blanks around it. It may be anything, also not UTF-8.
    pub text: &'a [u8],
    /// Which entry it is: the first is 1. Empty ones are counted.
    pub position: usize,
}

impl fmt::Display for Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}= entry {} \"{}\"",
            self.parameter,
            self.position,
            Printable(self.text)
        )
    }
}

/// An entry that cannot be used.
///
/// Its [`Display`](fmt::Display) is one line, without a line break, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEntry<'a> {
    /// The parameter's name.
    pub parameter: &'static str,
    /// The entry's text, without blanks around it. It may be anything, also not UTF-8.
    pub text: &'a [u8],
    /// Which entry it is: the first is 1. Empty ones are counted.
    pub position: usize,
    /// Where in the whole parameter the offending character is, or the end of the entry if
    /// something is missing there: in bytes, the first is 0.
    pub offset: usize,
    /// The field that is wrong.
    pub field: Field,
    /// What is wrong with it.
    pub reason: Reason,
}

impl fmt::Display for BadEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = Entry {
            parameter: self.parameter,
            text: self.text,
            position: self.position,
        };

        write!(
            f,
            "{} at character {}: {} {}",
            entry,
            self.offset.saturating_add(1),
            self.field.as_str(),
            self.reason.message(),
        )
    }
}

/// What may be anything, shown as no more than [`SHOWN`] bytes of it, and what is not printable
/// ASCII, a quote or a backslash, as `\xNN`.
pub struct Printable<'a>(pub &'a [u8]);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.0.iter().take(SHOWN) {
            if matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\' {
                f.write_char(char::from(byte))?;
            } else {
                f.write_str("\\x")?;
                for digit in [byte >> 4, byte & 0xf] {
                    f.write_char(char::from_digit(digit.into(), 16).unwrap_or_default())?;
                }
            }
        }
        if self.0.len() > SHOWN {
            f.write_str("...")?;
        }
        Ok(())
    }
}

/// The text of an entry, as it stands in the parameter.
#[derive(Clone, Copy)]
pub(crate) struct Raw<'a> {
    /// The entry, not empty and without blanks around it.
    pub(crate) text: &'a [u8],
    /// Where `text` starts in the parameter, in bytes.
    pub(crate) offset: usize,
    /// Which entry it is.
    position: usize,
}

impl<'a> Raw<'a> {
    /// Returns the entries of a parameter that are not empty.
    #[inline]
    pub(crate) fn all(text: &'a [u8]) -> Entries<'a> {
        Entries {
            rest: Some(text),
            offset: 0,
            position: 0,
        }
    }

    /// Says which entry of which parameter this is.
    #[inline]
    pub(crate) fn of(&self, parameter: &'static str) -> Entry<'a> {
        Entry {
            parameter,
            text: self.text,
            position: self.position,
        }
    }

    /// Says what is wrong with an entry of some parameter.
    #[inline]
    pub(crate) fn bad(&self, parameter: &'static str, wrong: Wrong) -> BadEntry<'a> {
        BadEntry {
            parameter,
            text: self.text,
            position: self.position,
            offset: wrong.offset,
            field: wrong.field,
            reason: wrong.reason,
        }
    }
}

/// The entries of a parameter: see [`Raw::all`].
#[derive(Clone)]
pub(crate) struct Entries<'a> {
    /// What follows the last entry; nothing at the end.
    rest: Option<&'a [u8]>,
    /// Where `rest` starts in the parameter, in bytes.
    offset: usize,
    /// How many entries there were, with the empty ones.
    position: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Raw<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest {
            let entry = Part::until(rest, entry_end(rest), self.offset);
            self.rest = entry.rest;
            self.offset = entry.next;
            self.position = self.position.saturating_add(1);
            if !entry.text.is_empty() {
                return Some(Raw {
                    text: entry.text,
                    offset: entry.offset,
                    position: self.position,
                });
            }
        }
        None
    }
}

/// A part of a text that is divided by some character.
pub(crate) struct Part<'a> {
    /// The part without blanks around it.
    pub(crate) text: &'a [u8],
    /// Where `text` starts in the parameter, in bytes.
    pub(crate) offset: usize,
    /// What follows the dividing character; nothing if there is none.
    pub(crate) rest: Option<&'a [u8]>,
    /// Where `rest` starts in the parameter, or the end of the text, in bytes.
    pub(crate) next: usize,
}

impl<'a> Part<'a> {
    /// Takes the first part of `text`, which starts at `offset` in the parameter.
    #[inline(never)]
    pub(crate) fn first(text: &'a [u8], divider: u8, offset: usize) -> Self {
        let end = (0..text.len()).find(|&at| text.get(at) == Some(&divider));

        Self::until(text, end, offset)
    }

    /// Takes what is in front of the dividing character at `end`, or all of `text`.
    #[inline(never)]
    fn until(text: &'a [u8], end: Option<usize>, offset: usize) -> Self {
        let part = text.get(..end.unwrap_or(text.len())).unwrap_or(text);
        let trimmed = part.trim_ascii_start();
        let blanks = part.len().saturating_sub(trimmed.len());
        let after = part.len().saturating_add(usize::from(end.is_some()));
        Self {
            text: trimmed.trim_ascii_end(),
            offset: offset.saturating_add(blanks),
            rest: end.and_then(|_| text.get(after..)),
            next: offset.saturating_add(after),
        }
    }
}

/// Returns where the first entry of `text` ends: at its comma, or at the first of the blanks that
/// divide it from the next.
fn entry_end(text: &[u8]) -> Option<usize> {
    let joins = |byte: u8| matches!(byte, b':' | b'.' | b'/' | b'=');
    // The last character that is no blank, and the first blank after it.
    let mut last = None;
    let mut blank = None;

    for at in 0..text.len() {
        let Some(&byte) = text.get(at) else {
            break;
        };

        if byte.is_ascii_whitespace() {
            blank = blank.or(Some(at));
            continue;
        }
        if byte == b',' {
            return Some(at);
        }
        match (last, blank) {
            (Some(last), Some(blank)) if !joins(last) && !joins(byte) => return Some(blank),
            _ => (last, blank) = (Some(byte), None),
        }
    }
    None
}

/// What is wrong with an entry, and where.
pub(crate) struct Wrong {
    /// The offending character's offset in the parameter, in bytes.
    pub(crate) offset: usize,
    /// The field.
    pub(crate) field: Field,
    /// What is wrong with it.
    pub(crate) reason: Reason,
}

/// Reads a hexadecimal number of 32 bits, with or without `0x`.
///
/// What is wrong comes with its offset in `text`.
pub(crate) fn parse_number(text: &[u8]) -> Result<u32, (usize, Reason)> {
    if text.is_empty() {
        return Err((0, Reason::Empty));
    }
    let mut digits = match text {
        [b'0', b'x' | b'X', digits @ ..] => digits,
        digits => digits,
    };
    if digits.is_empty() {
        return Err((text.len(), Reason::NotHexadecimal));
    }
    let mut value: u32 = 0;
    let mut too_large = false;
    while let Some((&byte, rest)) = digits.split_first() {
        let Some(digit) = char::from(byte).to_digit(16) else {
            let at = text.len().saturating_sub(digits.len());
            return Err((at, Reason::NotHexadecimal));
        };
        too_large |= value >> 28 != 0;
        value = (value << 4) | digit;
        digits = rest;
    }
    if too_large {
        return Err((0, Reason::TooLarge));
    }
    Ok(value)
}
