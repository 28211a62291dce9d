// SPDX-License-Identifier: GPL-2.0

//! The `ids=` parameter: which devices, by their IDs.
//!
//! ```text
//! ids     = entry *( ( "," / blank ) entry )
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
//! Two more are errors since they can't be meant, and would take the host's disks with the card: a
//! mask that leaves out the base class (`0300:ffff` is every class that ends in 0300, as USB's
//! 0x0c0300 does), and an entry for any vendor, any device and any class.
//!
//! # A class without a mask
//!
//! pci-stub takes the mask to be 0 then, so that the class is silently ignored and every device of
//! that vendor may be taken. Whoever writes a class wants it to matter: here the mask is
//! `ffffffff`, the class has to be equal. Only a class of 0, or of `ffffffff` as for any ID, has no
//! meaning without a mask.

use crate::entry::{
    parse_number,
    Part,
    Raw,
    Wrong, //
};

pub use crate::entry::{
    BadEntry,
    Entry,
    Field,
    Printable,
    Reason, //
};

/// `PCI_ANY_ID`: matches every ID.
pub const ANY_ID: u32 = 0xffff_ffff;

/// The bits of a class code: base class, subclass and interface.
const CLASS_BITS: u32 = 0x00ff_ffff;

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

/// The fields of an entry in the order in which they are written.
const FIELDS: [Field; 6] = [
    Field::Vendor,
    Field::Device,
    Field::Subvendor,
    Field::Subdevice,
    Field::Class,
    Field::ClassMask,
];

/// Returns the entries of an `ids=` parameter, good and bad, in their order; the empty ones are
/// skipped.
///
/// `text` is the parameter without a terminating NUL.
#[inline]
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<Id, BadEntry<'_>>> {
    entries(text).map(|(_, id)| id)
}

/// As [`parse`], with each entry as it stands in the parameter.
#[inline]
pub fn entries(text: &[u8]) -> impl Iterator<Item = (Entry<'_>, Result<Id, BadEntry<'_>>)> {
    Raw::all(text).map(|raw| {
        let id = parse_entry(raw.text, raw.offset).map_err(|wrong| raw.bad("ids", wrong));

        (raw.of("ids"), id)
    })
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
    let mut mask_offset = offset;
    let mut device_offset = offset;
    let mut rest = Some(text);
    let mut next = offset;

    for field in FIELDS {
        let Some(text) = rest else {
            if matches!(field, Field::Vendor | Field::Device) {
                return Err(Wrong {
                    offset: next,
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
            Field::Device => {
                device_offset = part.offset;
                &mut id.device
            }
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
            // The class mask: FIELDS has no others.
            _ => {
                mask_offset = part.offset;
                &mut id.class_mask
            }
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
    check_class(&id).map_err(|reason| match reason {
        Reason::NoBaseClass => Wrong {
            offset: mask_offset,
            field: Field::ClassMask,
            reason,
        },
        reason => Wrong {
            offset: class_offset,
            field: Field::Class,
            reason,
        },
    })?;
    if id.vendor == ANY_ID && id.device == ANY_ID && id.class_mask == 0 {
        return Err(Wrong {
            offset: device_offset,
            field: Field::Device,
            reason: Reason::Everything,
        });
    }
    Ok(id)
}

/// Checks that there can be a device of the class, and that its base class counts if anything of it
/// does.
fn check_class(id: &Id) -> Result<(), Reason> {
    let wanted = id.class & id.class_mask;
    let base_class_counts = id.class_mask & 0x00ff_0000 == 0x00ff_0000;
    if wanted > CLASS_BITS {
        Err(Reason::TooLarge)
    } else if id.class_mask != 0 && !base_class_counts {
        Err(Reason::NoBaseClass)
    } else if matches!(wanted, 0x01..=0xff | 0x0200..=0xffff) {
        // Base class 0 is for devices from before there were classes; it has subclasses 0 and 1
        // only.
        Err(Reason::ClassTooShort)
    } else {
        Ok(())
    }
}
