// SPDX-License-Identifier: GPL-2.0

//! `vga-stub completion`.

use clap::Args;
use clap_complete::Shell;

use crate::{
    command::{
        self,
        Context, //
    },
    Failure,
    GOOD, //
};

/// Print what a shell needs to complete the command line
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  vga-stub completion bash > /etc/bash_completion.d/vga-stub
  vga-stub completion fish > ~/.config/fish/completions/vga-stub.fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    shell: Shell,
}

/// Does it.
pub(crate) fn run(context: &Context, args: &CompletionArgs) -> Result<u8, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(
        args.shell,
        &mut command::description(),
        "vga-stub",
        &mut out,
    );
    context.print(&String::from_utf8_lossy(&out))?;
    Ok(GOOD)
}
