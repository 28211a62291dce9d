// SPDX-License-Identifier: GPL-2.0

//! Framebuffers that the firmware set up and a generic driver shows on.
//!
//! C header: `include/linux/aperture.h`

use super::bindings;
use super::pci::Raw as _;
use kernel::{
    device::Core,
    error::to_result,
    pci,
    prelude::*, //
};

/// Evicts the firmware's framebuffer (efifb, vesafb, simpledrm) from a card's memory, and vgacon if
/// the card is the default VGA device.
///
/// The screen that was on it does not come back. `name` says in the log who wanted it.
///
/// # Errors
///
/// Any that the framebuffer's owner has for its removal.
pub(crate) fn evict(pdev: &pci::Device<Core<'_>>, name: &'static CStr) -> Result {
    // SAFETY: `pdev` is a valid `struct pci_dev` and `name` is NUL-terminated and static.
    to_result(unsafe {
        bindings::aperture_remove_conflicting_pci_devices(pdev.raw(), name.as_char_ptr())
    })
}
