// SPDX-License-Identifier: GPL-2.0

//! The `ids=` parameter: which devices, by their IDs.
//!
//! ```text
//! ids     = entry *( "," entry )
//! entry   = vendor ":" device [ ":" subvendor [ ":" subdevice [ ":" class [ ":" class_mask ] ] ] ]
//! ```
//!
//! All are hexadecimal, with or without `0x`. This is the grammar of pci-stub and vfio-pci
//! (drivers/pci/pci-stub.c, drivers/vfio/pci/vfio_pci.c), and what is right for them is read the
//! same here, but for one case below:
//!
//! - `ffffffff` (`PCI_ANY_ID`) is any ID, and what subvendor and subdevice are where they are left
//!   out.
//! - Empty entries are skipped. Blanks around an entry and around a field, and the newline that
//!   `echo` adds, do not count.
//! - The mask has 32 bits, since lines like `10de:ffffffff:ffffffff:ffffffff:00030000:ffff00ff` are
//!   in use. A bit of the class outside the mask is ignored, as in `pci_match_one_device()`.
//!
//! They read entries by `sscanf()`, which takes the fields that it can read and is silent about the
//! rest. Here these are errors, since the entry would mean something else than what it says:
//! rubbish after a field, an empty field, more than six fields, numbers of more than 32 bits, and
//! what no device can have: an ID above `ffff` that is not `ffffffff`, a class of more than 24
//! bits, and a class without its last byte (`0300`, as lspci shows it, is 0x000300 here).
//!
//! # A class without a mask
//!
//! pci-stub takes the mask to be 0 then, so that the class is silently ignored and every device of
//! that vendor may be taken. Whoever writes a class wants it to matter: here the mask is
//! `ffffffff`, the class has to be equal. Only a class of 0, or of `ffffffff` as for any ID, has no
//! meaning without a mask.

use core::fmt::{
    self,
    Write as _, //
};

/// `PCI_ANY_ID`: matches every ID.
pub const ANY_ID: u32 = 0xffff_ffff;

/// The bits of a class code: base class, subclass and interface.
const CLASS_BITS: u32 = 0x00ff_ffff;

/// How much of a bad entry's text is shown, in bytes.
const SHOWN: usize = 64;

/// What a device is known by, as in `struct pci_dev`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The vendor ID.
    pub vendor: u16,
    /// The device ID.
    pub device: u16,
    /// The subsystem vendor ID.
    pub subvendor: u16,
    /// The subsystem ID.
    pub subdevice: u16,
    /// The class code: base class, subclass and interface, 24 bits.
    pub class: u32,
}

/// An entry of `ids=`: as a `struct pci_device_id`, and in the form that `pci_add_dynid()` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Id {
    /// The vendor ID, or [`ANY_ID`].
    pub vendor: u32,
    /// The device ID, or [`ANY_ID`].
    pub device: u32,
    /// The subsystem vendor ID, or [`ANY_ID`].
    pub subvendor: u32,
    /// The subsystem ID, or [`ANY_ID`].
    pub subdevice: u32,
    /// The class code, of which the bits of `class_mask` count.
    pub class: u32,
    /// The bits of the class code that count; 0 for any class.
    pub class_mask: u32,
}

impl Id {
    /// Returns whether a device matches, as `pci_match_one_device()` in drivers/pci/pci.h finds it.
    pub fn matches(&self, device: &Identity) -> bool {
        let equal = |wanted: u32, found: u16| wanted == ANY_ID || wanted == u32::from(found);

        equal(self.vendor, device.vendor)
            && equal(self.device, device.device)
            && equal(self.subvendor, device.subvendor)
            && equal(self.subdevice, device.subdevice)
            && (self.class ^ device.class) & self.class_mask == 0
    }
}

/// The fields of an entry.
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
}

impl Field {
    /// The fields in the order in which they are written.
    const ALL: [Self; 6] = [
        Self::Vendor,
        Self::Device,
        Self::Subvendor,
        Self::Subdevice,
        Self::Class,
        Self::ClassMask,
    ];

    /// Returns the field's name, as the documentation of `ids=` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Device => "device",
            Self::Subvendor => "subvendor",
            Self::Subdevice => "subdevice",
            Self::Class => "class",
            Self::ClassMask => "class_mask",
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
    /// There is a seventh field.
    TooManyFields,
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
            Self::TooManyFields => "is followed by more; an entry has 6 fields at most",
        }
    }
}

/// An entry that cannot be used.
///
/// Its [`Display`](fmt::Display) is one line, without a line break, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadEntry<'a> {
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
        write!(
            f,
            "ids= entry {} \"{}\" at character {}: {} {}",
            self.position,
            Printable(self.text),
            self.offset.saturating_add(1),
            self.field.as_str(),
            self.reason.message(),
        )
    }
}

/// What may be anything, shown as no more than [`SHOWN`] bytes of it, and what is not printable
/// ASCII, a quote or a backslash, as `\xNN`.
struct Printable<'a>(&'a [u8]);

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

/// The entries of a parameter: see [`parse`].
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    /// What follows the last comma; nothing at the end.
    rest: Option<&'a [u8]>,
    /// Where `rest` starts in the parameter, in bytes.
    offset: usize,
    /// How many entries there were, with the empty ones.
    position: usize,
}

impl<'a> Iterator for Entries<'a> {
    type Item = Result<Id, BadEntry<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(rest) = self.rest {
            let entry = Part::first(rest, b',', self.offset);
            self.rest = entry.rest;
            self.offset = entry.next;
            self.position = self.position.saturating_add(1);
            if !entry.text.is_empty() {
                return Some(
                    parse_entry(entry.text, entry.offset).map_err(|wrong| BadEntry {
                        text: entry.text,
                        position: self.position,
                        offset: wrong.offset,
                        field: wrong.field,
                        reason: wrong.reason,
                    }),
                );
            }
        }
        None
    }
}

/// Returns the entries of an `ids=` parameter, good and bad, in their order; the empty ones are
/// skipped.
///
/// `text` is the parameter without a terminating NUL.
pub fn parse(text: &[u8]) -> Entries<'_> {
    Entries {
        rest: Some(text),
        offset: 0,
        position: 0,
    }
}

/// A part of a text that is divided by some character.
struct Part<'a> {
    /// The part without blanks around it.
    text: &'a [u8],
    /// Where `text` starts in the parameter, in bytes.
    offset: usize,
    /// What follows the dividing character; nothing if there is none.
    rest: Option<&'a [u8]>,
    /// Where `rest` starts in the parameter, in bytes.
    next: usize,
}

impl<'a> Part<'a> {
    /// Takes the first part of `text`, which starts at `offset` in the parameter.
    #[inline(never)]
    fn first(text: &'a [u8], divider: u8, offset: usize) -> Self {
        let end = (0..text.len()).find(|&at| text.get(at) == Some(&divider));
        let part = text.get(..end.unwrap_or(text.len())).unwrap_or(text);
        let trimmed = part.trim_ascii_start();
        let blanks = part.len().saturating_sub(trimmed.len());
        let after = part.len().saturating_add(1);
        Self {
            text: trimmed.trim_ascii_end(),
            offset: offset.saturating_add(blanks),
            rest: end.and_then(|_| text.get(after..)),
            next: offset.saturating_add(after),
        }
    }
}

/// What is wrong with an entry, and where.
struct Wrong {
    /// The offending character's offset in the parameter, in bytes.
    offset: usize,
    /// The field.
    field: Field,
    /// What is wrong with it.
    reason: Reason,
}

/// Reads an entry, which starts at `offset` in the parameter and is not empty.
fn parse_entry(text: &[u8], offset: usize) -> Result<Id, Wrong> {
    let mut id = Id {
        vendor: ANY_ID,
        device: ANY_ID,
        subvendor: ANY_ID,
        subdevice: ANY_ID,
        class: 0,
        class_mask: 0,
    };
    let mut class_offset = offset;
    let mut rest = Some(text);
    let mut next = offset;

    for field in Field::ALL {
        let Some(text) = rest else {
            if matches!(field, Field::Vendor | Field::Device) {
                return Err(Wrong {
                    offset: next.saturating_sub(1),
                    field,
                    reason: Reason::Missing,
                });
            }
            break;
        };
        let part = Part::first(text, b':', next);
        (rest, next) = (part.rest, part.next);
        let value = parse_number(part.text).map_err(|(at, reason)| Wrong {
            offset: part.offset.saturating_add(at),
            field,
            reason,
        })?;
        let place = match field {
            Field::Vendor => &mut id.vendor,
            Field::Device => &mut id.device,
            Field::Subvendor => &mut id.subvendor,
            Field::Subdevice => &mut id.subdevice,
            Field::Class => {
                class_offset = part.offset;
                // What the mask is if none follows.
                id.class_mask = if value == 0 || value == ANY_ID {
                    0
                } else {
                    u32::MAX
                };
                &mut id.class
            }
            Field::ClassMask => &mut id.class_mask,
        };
        *place = value;
        let is_id = !matches!(field, Field::Class | Field::ClassMask);
        if is_id && value > u32::from(u16::MAX) && value != ANY_ID {
            return Err(Wrong {
                offset: part.offset,
                field,
                reason: Reason::TooLarge,
            });
        }
    }
    if rest.is_some() {
        return Err(Wrong {
            offset: next,
            field: Field::ClassMask,
            reason: Reason::TooManyFields,
        });
    }
    check_class(&id).map_err(|reason| Wrong {
        offset: class_offset,
        field: Field::Class,
        reason,
    })?;
    Ok(id)
}

/// Checks that there can be a device of the class.
fn check_class(id: &Id) -> Result<(), Reason> {
    let wanted = id.class & id.class_mask;
    let base_class_counts = id.class_mask & 0x00ff_0000 == 0x00ff_0000;
    if wanted > CLASS_BITS {
        Err(Reason::TooLarge)
    } else if base_class_counts && matches!(wanted, 0x01..=0xff | 0x0200..=0xffff) {
        // Base class 0 is for devices from before there were classes; it has subclasses 0 and 1
        // only.
        Err(Reason::ClassTooShort)
    } else {
        Ok(())
    }
}

/// Reads a hexadecimal number of 32 bits, with or without `0x`.
///
/// What is wrong comes with its offset in `text`.
fn parse_number(text: &[u8]) -> Result<u32, (usize, Reason)> {
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
