// SPDX-License-Identifier: GPL-2.0

//! `vga-stub`, the user's command: it looks at what vga-stub, the kernel module, works with.

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
    process::ExitCode,
};

use clap::{
    Args,
    Parser,
    Subcommand, //
};

use crate::report::{
    DeviceId,
    Report, //
};

/// The most that is read of a file: four times the largest ROM BAR.
const LARGEST: u64 = 64 << 20;

/// Exit code: the ROM is as it should be.
const GOOD: u8 = 0;
/// Exit code: something is wrong with the ROM.
const BAD: u8 = 1;
/// Exit code: the ROM could not be looked at. clap uses it for a bad command line, too.
const FAILED: u8 = 2;

/// Look at what vga-stub, the kernel module that holds GPUs for virtual machines, works with.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// The verbs.
#[derive(Debug, Subcommand)]
enum Command {
    /// Say what is in a card's ROM, whether it is in order, and which guests it boots
    #[command(after_help = "\
Exit status:
  0  the ROM is in order (the module's rom_status would be ok)
  1  something is wrong with it
  2  it could not be read, or the command line is wrong

Examples:
  vga-stub rom /sys/class/vga_stub/0000:01:00.0/rom --device 10de:1b80
  vga-stub rom gpu.rom --json | jq .verdict")]
    Rom(RomArgs),
}

/// What `vga-stub rom` is told.
#[derive(Args, Debug)]
struct RomArgs {
    /// The ROM, as read from the card; - for standard input
    file: PathBuf,

    /// The card's vendor and device ID, as lspci -n shows them: compare the ROM's with them
    #[arg(long, value_name = "VVVV:DDDD")]
    device: Option<DeviceId>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Does what the command line says.
fn main() -> ExitCode {
    let Command::Rom(args) = Cli::parse().command;
    match rom(&args) {
        Ok(code) => code.into(),
        // Whoever reads us has seen enough: `vga-stub rom FILE | head -1`.
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => GOOD.into(),
        Err(Failure::Write(error)) => fail(&format!("cannot write: {error}")),
        Err(Failure::Read(message)) => fail(&message),
    }
}

/// Says what went wrong.
fn fail(message: &str) -> ExitCode {
    eprintln!("vga-stub: {message}");
    FAILED.into()
}

/// Why there is no answer.
enum Failure {
    /// The file could not be read; this says why.
    Read(String),
    /// The answer could not be written.
    Write(io::Error),
}

/// Does `vga-stub rom`, and returns the exit code.
fn rom(args: &RomArgs) -> Result<u8, Failure> {
    let bytes = read(&args.file).map_err(Failure::Read)?;
    let report = Report::new(&args.file.to_string_lossy(), &bytes, args.device);
    let text = if args.json {
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
