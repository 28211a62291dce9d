// SPDX-License-Identifier: GPL-2.0

//! The hold on a function: it answers to nothing, starts nothing and sleeps.
//!
//! The kernel writes COMMAND back by itself after suspend and resets, from the copy that
//! `pci_save_state()` made. So the copy is kept in step with each change.

use crate::{
    abstractions::pci::{
        BusWalk,
        CoreExt as _,
        DeviceExt as _,
        PowerState, //
    },
    card::Card,
    parameters, //
};
use kernel::{
    device::Core,
    pci, //
};
use vga_stub_core::decode;

/// Makes a function quiet: I/O, memory and bus master off, no INTx, and D3hot unless the user wants
/// D0. Never D3cold, which would need the bridge's help to come back from.
///
/// Of one that does not answer, what was saved when it did stands.
pub(crate) fn quiet(pdev: &pci::Device<Core<'_>>) {
    if switch_off(pdev) {
        pdev.set_power_state(idle());
    }
}

/// Gives a function its COMMAND back as it was found, less bus master, and wakes it.
pub(crate) fn release(pdev: &pci::Device<Core<'_>>, card: &Card) {
    let command = decode::released(card.found);

    // Nothing happens, not even a configuration access, if it is in D0.
    pdev.set_power_state(PowerState::D0);
    if card.resets_in_d3hot {
        pdev.restore_state();
    }
    pdev.set_command(command);
    pdev.set_saved_command(command);
}

/// Makes a function quiet again whose configuration space was lost in a reset of its slot.
pub(crate) fn restore(pdev: &pci::Device<Core<'_>>, walk: &BusWalk) {
    pdev.set_power_state_on_walk(PowerState::D0, walk);
    pdev.restore_state();
    if switch_off(pdev) {
        pdev.set_power_state_on_walk(idle(), walk);
    }
}

/// Returns whether the function answers.
#[inline(never)]
fn switch_off(pdev: &pci::Device<Core<'_>>) -> bool {
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

/// The power state of what is held. Of one that is in it already, not even a register is read.
fn idle() -> PowerState {
    if parameters::DISABLE_IDLE_D3.get() {
        PowerState::D0
    } else {
        PowerState::D3hot
    }
}
