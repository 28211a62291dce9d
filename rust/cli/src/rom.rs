// SPDX-License-Identifier: GPL-2.0

//! `vga-stub rom`: what is in a card's ROM, whether it is in order, and which guests it boots.

pub(crate) mod extract;
mod guest;
mod input;
mod print;
mod report;

use std::{
    io::{
        self,
        Write, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use clap::Args;
use vga_stub_core::rom::dump;

use self::report::{
    DeviceId,
    Part,
    Report, //
};
use crate::{
    command::Context,
    text::escape::printable,
    Failure,
    BAD,
    GOOD, //
};

/// Say what is in a card's ROM, whether it is in order, and which guests it boots
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  the ROM is in order (the module's rom_status would be ok)
  1  something is wrong with it, or there is nothing whole to extract
  2  it could not be read or written, or the command line is wrong

Examples:
  vga-stub rom /sys/class/vga_stub/0000:01:00.0/rom --device 10de:1b80
  vga-stub rom gpu.rom --json | jq .verdict
  vga-stub rom flash.bin --extract gpu.rom
  vga-stub rom 01:00
  vga-stub rom --vfct 01:00 --extract gpu.rom")]
pub(crate) struct RomArgs {
    /// The ROM, as read from the card or its flash memory; - for standard input. Or a CARD: the ROM
    /// that vga-stub has of it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// FILE is a CARD, and its ROM that in AMD's ACPI table VFCT
    #[arg(long)]
    vfct: bool,

    /// The card's vendor and device ID, as lspci -n shows them: compare the ROM's with them
    #[arg(long, value_name = "VVVV:DDDD")]
    device: Option<DeviceId>,

    /// Write the part that guests can use to a file, without what the vendor has before and after it,
    /// and look at that
    #[arg(long, value_name = "OUT")]
    extract: Option<PathBuf>,

    /// Overwrite OUT
    #[arg(long, requires = "extract")]
    force: bool,
}

/// Does `vga-stub rom`, and returns the exit code.
pub(crate) fn run(context: &Context, args: &RomArgs) -> Result<u8, Failure> {
    let found = input::find(&*context.source, &args.file, args.vfct).map_err(Failure::Read)?;
    let mut bytes = found.bytes;
    let mut name = PathBuf::from(found.name);
    if let Some(out) = &args.extract {
        let part = match whole_part(&name, &bytes) {
            Ok(part) => part,
            Err(message) => {
                eprintln!("vga-stub: {message}; nothing was written");
                return Ok(BAD);
            }
        };
        bytes = bytes.split_off(part.offset);
        bytes.truncate(part.size);
        extract::write(out, &bytes, args.force)
            .map_err(|error| Failure::Read(format!("cannot write {}: {error}", shown(out))))?;
        name.clone_from(out);
    }
    let report = Report::new(
        &name.to_string_lossy(),
        &bytes,
        args.device.or(found.device),
    );
    let text = if context.global.json {
        let json = serde_json::to_string_pretty(&report);
        json.map_err(|error| Failure::Write(error.into()))? + "\n"
    } else {
        print::text(&report)
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).map_err(Failure::Write)?;
    out.flush().map_err(Failure::Write)?;
    Ok(if report.status == "ok" { GOOD } else { BAD })
}

/// Returns which guests a card's ROM boots: their firmware's name, and whether, where that is known.
pub(crate) fn boots(
    bytes: &[u8],
    (vendor, device): (u16, u16),
) -> [(&'static str, Option<bool>); 2] {
    let report = Report::new("", bytes, Some(DeviceId { vendor, device }));
    [
        ("SeaBIOS", report.verdict.bios_guest.boots),
        ("OVMF", report.verdict.ovmf_guest.boots),
    ]
}

/// Returns which part of a file is the ROM, or says why it has none that is whole.
fn whole_part(file: &Path, bytes: &[u8]) -> Result<Part, String> {
    let part = Part::of(bytes);
    let name = shown(file);
    if part.size == 0 {
        return Err(format!("{name} has no option ROM"));
    }
    match dump::cut(&bytes[part.offset..]) {
        None => Ok(part),
        Some(_) => Err(format!(
            "{name} was cut short: its {} bytes end before the ROM does",
            bytes.len()
        )),
    }
}

/// Returns a file's name as it can be printed.
fn shown(file: &Path) -> String {
    printable(&file.to_string_lossy()).into_owned()
}
