// SPDX-License-Identifier: GPL-2.0

//! `vga-stub`, the user's command: it looks at what vga-stub, the kernel module, works with.

mod rom;

use std::{
    io,
    process::ExitCode, //
};

use clap::{
    Parser,
    Subcommand, //
};

use crate::rom::RomArgs;

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

/// Does what the command line says.
fn main() -> ExitCode {
    let Command::Rom(args) = Cli::parse().command;
    match rom::run(&args) {
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
