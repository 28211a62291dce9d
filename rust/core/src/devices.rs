// SPDX-License-Identifier: GPL-2.0

//! The `devices=` parameter: which devices, by their places.
//!
//! ```text
//! devices = entry *( ( "," / blank ) entry )
//! entry   = [ domain ":" ] bus ":" last *( "/" last ) [ "=" vendor ":" device ]
//! last    = device "." ( function / "*" )
//! ```
//!
//! All are hexadecimal. A place is written as in `pci=` on the kernel's command line
//! (`pci_dev_str_match_path()` in drivers/pci/pci.c): the address of a device, or that of a bridge
//! and from there device and function on each bus downward, so that it stands when buses are
//! numbered anew below that bridge. Without a domain it is 0. In the last part `*` is every
//! function of the slot.
//!
//! With `=vendor:device`, a device at that place with other IDs is not meant, be it one of those
//! that `*` stands for.
//!
//! Empty entries are skipped; blanks around an entry and around its parts, and the newline that
//! `echo` adds, do not count. The order of entries has no meaning.

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
    Reason, //
};

/// Device and function number on a bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hop {
    /// The device number, up to 0x1f.
    slot: u8,
    /// The function number, up to 7; [`None`] is any.
    function: Option<u8>,
}

impl Hop {
    /// Returns whether a function is, or is one of, those that are meant.
    fn is(self, address: Address) -> bool {
        self.slot == address.slot
            && self
                .function
                .is_none_or(|function| function == address.function)
    }
}

/// Where a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The PCI domain.
    pub domain: u32,
    /// The number of its bus.
    pub bus: u8,
    /// The device number, up to 0x1f.
    pub slot: u8,
    /// The function number, up to 7.
    pub function: u8,
}

impl Address {
    /// Reads an address as the kernel writes it: `DDDD:BB:DD.F` (`pci_setup_device()` in
    /// drivers/pci/probe.c).
    pub fn parse(name: &[u8]) -> Option<Self> {
        let path = parse_path(name, 0).ok()?;

        Some(Self {
            domain: path.domain,
            bus: path.bus,
            slot: path.first.slot,
            function: path.first.function?,
        })
    }
}

/// An entry of `devices=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The entry's text.
    pub text: &'a [u8],
    /// Where the device is.
    path: Path<'a>,
    /// Vendor and device ID that the device must have.
    ids: Option<(u16, u16)>,
}

/// A way down to a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Path<'a> {
    /// The domain of all that is on the way.
    domain: u32,
    /// The bus of the first hop.
    bus: u8,
    /// The first hop.
    first: Hop,
    /// Those below it, with slashes between them.
    rest: Option<&'a [u8]>,
}

/// What an entry says of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The device is at another place.
    Elsewhere,
    /// The device is at the place, but it is another one.
    OtherIds,
    /// The device is meant.
    Named,
}

impl Place<'_> {
    /// Returns whether a device is meant.
    ///
    /// `route` is where the device is, where the bridge above it is, and so on up to the root bus.
    #[inline]
    pub fn fit(&self, route: impl Iterator<Item = Address>, ids: (u16, u16)) -> Fit {
        if !self.is_at(route) {
            Fit::Elsewhere
        } else if self.ids.is_none_or(|wanted| wanted == ids) {
            Fit::Named
        } else {
            Fit::OtherIds
        }
    }

    /// Returns whether a device is at the place.
    #[inline]
    fn is_at(&self, mut route: impl Iterator<Item = Address>) -> bool {
        let Path {
            domain,
            bus,
            first,
            rest,
        } = self.path;

        if let Some(rest) = rest {
            // From the device upward.
            for text in rest.rsplit(|&byte| byte == b'/') {
                let hop = parse_hop(text, 0).ok();

                if !hop
                    .zip(route.next())
                    .is_some_and(|(hop, address)| hop.is(address))
                {
                    return false;
                }
            }
        }
        route.next().is_some_and(|address| {
            domain == address.domain && bus == address.bus && first.is(address)
        })
    }
}

/// Returns the entries of a `devices=` parameter, good and bad, in their order; the empty ones are
/// skipped.
///
/// `text` is the parameter without a terminating NUL.
#[inline]
pub fn parse(text: &[u8]) -> impl Iterator<Item = Result<Place<'_>, BadEntry<'_>>> {
    entries(text).map(|(_, place)| place)
}

/// As [`parse`], with each entry as it stands in the parameter.
#[inline]
pub fn entries(text: &[u8]) -> impl Iterator<Item = (Entry<'_>, Result<Place<'_>, BadEntry<'_>>)> {
    Raw::all(text).map(|raw| {
        let place = parse_entry(raw.text, raw.offset).map_err(|wrong| raw.bad("devices", wrong));

        (raw.of("devices"), place)
    })
}

/// Reads an entry, which starts at `offset` in the parameter and is not empty.
pub(crate) fn parse_entry(text: &[u8], offset: usize) -> Result<Place<'_>, Wrong> {
    let place = Part::first(text, b'=', offset);
    let path = parse_path(place.text, place.offset)?;
    let mut last = path.first;
    let mut rest = path.rest;

    while let Some(text) = rest {
        // The end of the place, so that its length says where it starts.
        let skipped = place.text.len().saturating_sub(text.len());
        let part = Part::first(text, b'/', place.offset.saturating_add(skipped));

        if last.function.is_none() {
            return Err(Wrong {
                offset: part.offset.saturating_sub(1),
                field: Field::Function,
                reason: Reason::Wildcard,
            });
        }
        last = parse_hop(part.text, part.offset)?;
        rest = part.rest;
    }

    let ids = match place.rest {
        None => None,
        Some(text) => {
            let vendor = Part::first(text, b':', place.next);
            let device = vendor.rest.unwrap_or_default().trim_ascii();

            Some((
                parse_id(Field::Vendor, vendor.text, vendor.offset)?,
                parse_id(Field::Device, device, vendor.next)?,
            ))
        }
    };

    Ok(Place { text, path, ids })
}

/// Reads `[domain:]bus:device.function`, and leaves what follows it after a slash unread.
fn parse_path(text: &[u8], offset: usize) -> Result<Path<'_>, Wrong> {
    let head = Part::first(text, b'/', offset);
    let mut domain = 0;
    let mut bus = Part::first(head.text, b':', head.offset);
    let after_bus = bus.rest.unwrap_or_default();

    if after_bus.contains(&b':') {
        domain = parse_place(Field::Domain, bus.text, bus.offset, u32::MAX)?;
        bus = Part::first(after_bus, b':', bus.next);
    }
    Ok(Path {
        domain,
        bus: narrow(parse_place(Field::Bus, bus.text, bus.offset, 0xff)?),
        first: parse_hop(bus.rest.unwrap_or_default(), bus.next)?,
        rest: head.rest,
    })
}

/// Reads `device.function`, in which the function may be `*`.
fn parse_hop(text: &[u8], offset: usize) -> Result<Hop, Wrong> {
    let slot = Part::first(text, b'.', offset);
    let function = slot.rest.unwrap_or_default().trim_ascii();

    Ok(Hop {
        slot: narrow(parse_place(Field::Slot, slot.text, slot.offset, 0x1f)?),
        function: match function {
            b"*" => None,
            function => Some(narrow(parse_place(
                Field::Function,
                function,
                slot.next,
                7,
            )?)),
        },
    })
}

/// Reads a part of a place, up to a largest number.
#[inline(never)]
fn parse_place(field: Field, text: &[u8], offset: usize, largest: u32) -> Result<u32, Wrong> {
    let (at, reason) = match parse_number(text) {
        Ok(number) if number <= largest => return Ok(number),
        Ok(_) | Err((_, Reason::TooLarge)) => (0, Reason::OutOfRange),
        Err((at, _)) => (at, Reason::NoPlace),
    };

    Err(Wrong {
        offset: offset.saturating_add(at),
        field,
        reason,
    })
}

/// Reads a vendor or device ID.
fn parse_id(field: Field, text: &[u8], offset: usize) -> Result<u16, Wrong> {
    let (at, reason) = match parse_number(text) {
        Ok(number) => match u16::try_from(number) {
            Ok(id) => return Ok(id),
            Err(_) => (0, Reason::TooLarge),
        },
        Err((at, Reason::Empty)) => (at, Reason::Missing),
        Err(wrong) => wrong,
    };

    Err(Wrong {
        offset: offset.saturating_add(at),
        field,
        reason,
    })
}

/// Takes the lowest byte of what is no larger.
fn narrow(number: u32) -> u8 {
    let [byte, ..] = number.to_le_bytes();

    byte
}
