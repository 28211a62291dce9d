// SPDX-License-Identifier: GPL-2.0

//! `vga-stub rom`: what is in a card's ROM, whether it is in order, and which guests it boots.

pub(crate) mod extract;
mod guest;
mod print;
mod report;

use std::{
    fs::File,
    io::{
        self,
        Read,
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
    text::escape::printable,
    Failure,
    BAD,
    GOOD, //
};

/// The most that is read of a file: four times the largest ROM BAR.
const LARGEST: u64 = 64 << 20;

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
  vga-stub rom flash.bin --extract gpu.rom")]
pub(crate) struct RomArgs {
    /// The ROM, as read from the card or its flash memory; - for standard input
    file: PathBuf,

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
pub(crate) fn run(args: &RomArgs, json: bool) -> Result<u8, Failure> {
    let mut bytes = read(&args.file).map_err(Failure::Read)?;
    let mut name = &args.file;
    if let Some(out) = &args.extract {
        let part = match whole_part(&args.file, &bytes) {
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
        name = out;
    }
    let report = Report::new(&name.to_string_lossy(), &bytes, args.device);
    let text = if json {
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
