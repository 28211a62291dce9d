// SPDX-License-Identifier: GPL-2.0

//! `vga-stub rom`: what is in a card's ROM, whether it is in order, and which guests it boots.

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

use self::report::{
    DeviceId,
    Report, //
};
use crate::{
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
  1  something is wrong with it
  2  it could not be read, or the command line is wrong

Examples:
  vga-stub rom /sys/class/vga_stub/0000:01:00.0/rom --device 10de:1b80
  vga-stub rom gpu.rom --json | jq .verdict")]
pub(crate) struct RomArgs {
    /// The ROM, as read from the card; - for standard input
    file: PathBuf,

    /// The card's vendor and device ID, as lspci -n shows them: compare the ROM's with them
    #[arg(long, value_name = "VVVV:DDDD")]
    device: Option<DeviceId>,
}

/// Does `vga-stub rom`, and returns the exit code.
pub(crate) fn run(args: &RomArgs, json: bool) -> Result<u8, Failure> {
    let bytes = read(&args.file).map_err(Failure::Read)?;
    let report = Report::new(&args.file.to_string_lossy(), &bytes, args.device);
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

/// Reads a file, or says why that is not possible.
fn read(file: &Path) -> Result<Vec<u8>, String> {
    let name = file.display();
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
