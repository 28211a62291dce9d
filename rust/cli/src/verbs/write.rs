// SPDX-License-Identifier: GPL-2.0

//! `vga-stub write`: one write for another process of the command, which does not wait for it for
//! ever. It is no verb for users, and is shown nowhere.

use clap::Args;

use crate::act::live;

/// Write a text to a file; the exit status is the number of the error
#[derive(Args, Debug)]
#[command(hide = true)]
pub(crate) struct WriteArgs {
    /// The file
    file: String,

    /// The text
    text: String,
}

/// Does it, and returns the number of the error.
pub(crate) fn run(args: &WriteArgs) -> u8 {
    match live::write(&args.file, &args.text) {
        Ok(()) => 0,
        Err(error) => {
            let number = error
                .raw_os_error()
                .and_then(|number| u8::try_from(number).ok());
            number.unwrap_or(u8::MAX)
        }
    }
}
