// SPDX-License-Identifier: GPL-2.0

//! Which ROM is looked at: a file's, the one that the module has of a card, or the one that ACPI has.

use std::{
    fs::File,
    io::{
        self,
        Read, //
    },
    path::Path,
};

use vga_stub_core::vfct;

use super::{
    report::DeviceId,
    shown, //
};
use crate::{
    card,
    facts::{
        host::Options,
        Datum,
        Function,
        Host,
        Source, //
    },
};

/// The most that is read of a file: four times the largest ROM BAR.
const LARGEST: u64 = 64 << 20;
/// AMD's ACPI table with ROMs.
const VFCT: &str = "/sys/firmware/acpi/tables/VFCT";

/// A ROM that is looked at.
pub(super) struct Input {
    /// What it is called.
    pub(super) name: String,
    /// Its bytes, with what may be before and after it.
    pub(super) bytes: Vec<u8>,
    /// The card that it is for, if it was named.
    pub(super) device: Option<DeviceId>,
}

/// Finds what an argument means: a file if there is one, or a card. `acpi` says that it is a card, and
/// that ACPI's ROM is meant.
pub(super) fn find(source: &dyn Source, argument: &Path, acpi: bool) -> Result<Input, String> {
    let text = argument.to_string_lossy();
    if !acpi && (argument.exists() || !card::is_argument(&text)) {
        return Ok(Input {
            name: text.into_owned(),
            bytes: read(argument)?,
            device: None,
        });
    }
    let host = Host::read(source, &Options::default());
    let function = display(&host, argument, &text)?;
    let device = Some(DeviceId {
        vendor: function.identity.vendor,
        device: function.identity.device,
    });
    let (name, bytes) = if acpi {
        (VFCT.to_owned(), from_acpi(source, function)?)
    } else {
        let name = format!("/sys/class/vga_stub/{}/rom", function.name);
        let bytes = captured(function, &name)?;
        (name, bytes)
    };
    Ok(Input {
        name,
        bytes,
        device,
    })
}

/// Finds the display controller of the card that an argument means.
fn display<'a>(host: &'a Host, argument: &Path, text: &str) -> Result<&'a Function, String> {
    let selected = card::resolve(host, text)
        .map_err(|error| format!("there is no file {}, and {error}", shown(argument)))?;
    let functions = selected.iter().flat_map(|one| &one.functions);
    let displays: Vec<_> = functions
        .filter(|function| function.is_display())
        .copied()
        .collect();
    match displays.as_slice() {
        [one] => Ok(one),
        [] => Err(format!("{} has no display controller", shown(argument))),
        several => {
            let names: Vec<_> = several.iter().map(|function| function.short()).collect();
            Err(format!(
                "these are several display controllers: {}; name one of them",
                names.join(", ")
            ))
        }
    }
}

/// Returns the ROM that the module has of a function.
fn captured(function: &Function, name: &str) -> Result<Vec<u8>, String> {
    let short = function.short();
    let claimed = function.claimed.known().ok_or_else(|| {
        format!("vga-stub has not had {short} yet, and no ROM of it: vga-stub hold {short}")
    })?;
    match &claimed.rom {
        Datum::Known(bytes) => Ok(bytes.clone()),
        Datum::Absent => Err(format!(
            "vga-stub has found no ROM of {short}; the kernel's log has why"
        )),
        Datum::Unreadable(needs) => Err(format!("cannot read {name}: it takes {needs}")),
    }
}

/// Returns the ROM that ACPI has for a function.
fn from_acpi(source: &dyn Source, function: &Function) -> Result<Vec<u8>, String> {
    let table = match source.read(VFCT) {
        Datum::Known(table) => table,
        Datum::Absent => {
            return Err(format!(
                "there is no {VFCT}: the firmware has no such table"
            ))
        }
        Datum::Unreadable(needs) => return Err(format!("cannot read {VFCT}: it takes {needs}")),
    };
    let card = vfct::Card {
        vendor: function.identity.vendor,
        device: function.identity.device,
        bus: function.address.bus,
        slot: function.address.slot,
        function: function.address.function,
    };
    let image = vfct::find(&table, &card)
        .map_err(|fault| format!("{VFCT} {}: {}", fault.message(), function.short()))?;
    let bytes = table.get(image.range).unwrap_or_default();
    Ok(bytes.to_vec())
}

/// Reads a file, or says why that is not possible.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let name = shown(file);
    let explain = |error: io::Error| match error.kind() {
        // What a PCI device's own rom file says where the kernel finds no ROM, or has it switched
        // off.
        io::ErrorKind::InvalidInput if file.starts_with("/sys") => format!(
            "cannot read {name}: {error}; a PCI device's own rom file is to be switched on first, \
             by writing 1 to it"
        ),
        _ => format!("cannot read {name}: {error}"),
    };
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == "-" {
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
    };
    read.map_err(explain)?;
    if bytes.len() as u64 > LARGEST {
        return Err(format!(
            "{name} is no ROM: it has more than {} MiB",
            LARGEST >> 20
        ));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{
        good,
        Machine, //
    };

    /// What is found on a machine: name, size and IDs, or what is wrong.
    fn found(machine: &Machine, argument: &str, acpi: bool) -> Result<(String, usize), String> {
        let input = find(&machine.record, Path::new(argument), acpi)?;
        assert_eq!(
            input.device.map(|id| (id.vendor, id.device)),
            Some((0x10de, 0x2684))
        );
        Ok((input.name, input.bytes.len()))
    }

    /// A table with one image of 512 bytes for a card of the usual machine.
    fn table(device: u16) -> Vec<u8> {
        let mut out = vec![0; 0x4c + 0x1c + 512];
        let size = out.len() as u32;
        let mut put = |at: usize, bytes: &[u8]| {
            out[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0, b"VFCT");
        put(4, &size.to_le_bytes());
        put(0x34, &0x4c_u32.to_le_bytes());
        // PCI bus, device, function; vendor, device; the length.
        put(0x4c, &1_u32.to_le_bytes());
        put(0x4c + 12, &0x10de_u16.to_le_bytes());
        put(0x4c + 14, &device.to_le_bytes());
        put(0x4c + 24, &512_u32.to_le_bytes());
        out
    }

    #[test]
    fn a_card_has_the_rom_that_the_module_has() {
        let path = "/sys/class/vga_stub/0000:01:00.0/rom";
        let machine = good().bytes(path, &[0; 1024]);
        for card in ["01:00", "01:00.0", "10de:2684"] {
            assert_eq!(found(&machine, card, false), Ok((path.into(), 1024)));
        }
        let error = |machine: &Machine, card| found(machine, card, false).unwrap_err();
        assert!(error(&machine, "01:00.1").contains("no display controller"));
        assert!(
            error(&machine, "05:00").starts_with("there is no file 05:00, and there is no card")
        );
        assert!(error(&machine, "00:02").contains("has not had 00:02.0 yet"));
        assert!(error(&good(), "01:00").contains("has found no ROM"));
        assert!(error(&machine.denied(path), "01:00").ends_with("it takes root"));
    }

    #[test]
    fn acpi_has_the_rom_of_a_card() {
        let machine = good().bytes(VFCT, &table(0x2684));
        assert_eq!(found(&machine, "01:00", true), Ok((VFCT.into(), 512)));
        let error = |machine: &Machine| found(machine, "01:00", true).unwrap_err();
        assert!(error(&good()).contains("no such table"));
        let other = good().bytes(VFCT, &table(0x1111));
        assert!(error(&other).ends_with("has no image for this card: 01:00.0"));
        assert!(error(&machine.denied(VFCT)).ends_with("it takes root"));
    }
}
