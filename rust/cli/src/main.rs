// SPDX-License-Identifier: GPL-2.0

//! `vga-stub`, the user's command: see the library.

use std::process::ExitCode;

/// Does what the command line says.
fn main() -> ExitCode {
    vga_stub_cli::run()
}
