// SPDX-License-Identifier: GPL-2.0

//! The hold on a function: it answers to nothing, starts nothing and sleeps.
//!
//! The kernel writes COMMAND back by itself when the function wakes, after suspend and resets, from
//! the copy that `pci_save_state()` made. So the copy is kept in step with each change.

use crate::{
    abstractions::pci::{
        CoreExt as _,
        DeviceExt as _,
        PowerState, //
    },
    card::Card, //
};
use kernel::{
    device::Core,
    pci,
    prelude::*, //
};
use vga_stub_core::decode;

/// Makes a function quiet: I/O, memory and bus master off, no INTx. Returns whether it answers.
///
/// If it does not answer, the state that was saved before is kept.
#[inline(never)]
pub(crate) fn quiet(pdev: &pci::Device<Core<'_>>) -> bool {
    if !pdev.answers() {
        return false;
    }

    let command = pdev.command();
    let quiet = decode::quiet(command);

    if command != quiet {
        pdev.set_command(quiet);
    }
    pdev.save_state();
    true
}

/// Puts an unused function to sleep. The PCI core's own way would also let it wake the machine, and
/// might choose D3cold.
///
/// # Errors
///
/// `EAGAIN`: it does not answer. It stays awake, so that what was saved is not replaced by ones.
pub(crate) fn sleep(pdev: &pci::Device<Core<'_>>) -> Result {
    if !quiet(pdev) {
        return Err(EAGAIN);
    }
    pdev.set_power_state(PowerState::D3hot);
    Ok(())
}

/// Restores a function that lost its configuration space in a reset, and makes it quiet again.
/// Returns whether it answers.
pub(crate) fn restore(pdev: &pci::Device<Core<'_>>) -> bool {
    pdev.restore_state();
    quiet(pdev)
}

/// Gives an awake function the COMMAND that it was found with, less bus master. Restores the rest
/// of its configuration if that is lost.
///
/// Decode stays off if `moved`: [`decode::released`].
pub(crate) fn release(pdev: &pci::Device<Core<'_>>, card: &Card, moved: bool) {
    let command = decode::released(card.found, moved);

    if decode::is_lost(pdev.command()) {
        pdev.restore_state();
    }
    pdev.set_command(command);
    pdev.set_saved_command(command);
}
