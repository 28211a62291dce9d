// SPDX-License-Identifier: GPL-2.0

//! Tells the log why nothing moves, and the writer by what error.

use kernel::{
    fmt,
    pci,
    prelude::*, //
};
use vga_stub_core::group::{
    Errno,
    Refusal, //
};

/// Refuses a move that was asked of a function: about what, and who is named at the end of those
/// messages that want it.
///
/// `cause` is for a refusal that has no error number of its own.
#[inline(never)]
pub(crate) fn refuse(
    pdev: &pci::Device,
    about: fmt::Arguments<'_>,
    refusal: Refusal,
    other: &CStr,
    cause: Error,
) -> Error {
    dev_err!(
        pdev,
        "nothing moved: {} {}{}\n",
        about,
        refusal.message(),
        other
    );
    match refusal.errno() {
        Errno::Busy => EBUSY,
        Errno::Interrupted => EINTR,
        Errno::Invalid => EINVAL,
        Errno::NoDevice => ENODEV,
        Errno::NotPermitted => EPERM,
        Errno::Same => cause,
    }
}
