// SPDX-License-Identifier: GPL-2.0

//! The VGA arbiter: who answers at the legacy VGA addresses.
//!
//! C header: [`include/linux/vgaarb.h`](srctree/include/linux/vgaarb.h); see also
//! `Documentation/gpu/vgaarbiter.rst`.

use super::bindings;
use super::kthread;
use super::pci::Raw as _;
use kernel::{
    error::to_result,
    pci,
    prelude::*,
    sync::aref::ARef, //
};

/// I/O 0x3b0-0x3df and memory 0xa0000-0xbffff.
const LEGACY: c_uint = bindings::VGA_RSRC_LEGACY_IO | bindings::VGA_RSRC_LEGACY_MEM;
/// A card's own ranges: its BARs.
const NORMAL: c_uint = bindings::VGA_RSRC_NORMAL_IO | bindings::VGA_RSRC_NORMAL_MEM;

/// The arbiter's client for a card that decodes none of the legacy ranges.
///
/// As long as this lives the card does not count as decoding, whatever the arbiter or userspace ask
/// of it. When it is dropped the card is declared to decode everything again, as the arbiter has it
/// for cards without a client. It takes the place of another client of the card, which is not put
/// back: the arbiter has no way to ask for it.
///
/// # Examples
///
/// ```ignore
/// let client = NoDecodeClient::register(pdev)?;
/// // The card is out of arbitration.
/// drop(client);
/// // It is a party again.
/// ```
pub(crate) struct NoDecodeClient {
    pdev: ARef<pci::Device>,
}

impl NoDecodeClient {
    /// Registers a client for a card and declares that the card decodes nothing.
    ///
    /// # Errors
    ///
    /// `ENODEV`: the arbiter does not know the card, as it is not of VGA class.
    pub(crate) fn register(pdev: &pci::Device) -> Result<Self> {
        // SAFETY: `pdev` is valid, and the arbiter forgets it when it is removed. The callback
        // stays in place as long as the client does, which does not outlive the module.
        to_result(unsafe { bindings::vga_client_register(pdev.raw(), Some(set_decode)) })?;
        // SAFETY: `pdev` is valid.
        unsafe { bindings::vga_set_legacy_decoding(pdev.raw(), NORMAL) };

        Ok(Self { pdev: pdev.into() })
    }

    /// Returns the card.
    pub(crate) fn pdev(&self) -> &pci::Device {
        &self.pdev
    }

    /// Returns whether this is the client of a card.
    pub(crate) fn is_for(&self, pdev: &pci::Device) -> bool {
        self.pdev.raw() == pdev.raw()
    }
}

impl Drop for NoDecodeClient {
    #[inline(never)]
    fn drop(&mut self) {
        let pdev = self.pdev.raw();

        // SAFETY: `self.pdev` is a reference to the device. An unknown one is ignored.
        unsafe {
            bindings::vga_client_register(pdev, None);
            bindings::vga_set_legacy_decoding(pdev, LEGACY | NORMAL);
        }
    }
}

/// Answers what a held card decodes.
///
/// The arbiter asks with `true` when it is the only card, so that a lone card may decode; this one
/// still does not, for nobody drives it. Called with the arbiter's spinlock held and interrupts
/// off: nothing here may sleep or call the arbiter.
extern "C" fn set_decode(_pdev: *mut kernel::bindings::pci_dev, _decode: bool) -> c_uint {
    NORMAL
}

/// Returns whether a card is the default VGA device: the one the firmware showed on.
pub(crate) fn is_default(pdev: &pci::Device) -> bool {
    // SAFETY: The function has no preconditions. The pointer it returns is only compared.
    let default = unsafe { bindings::vga_default_device() };

    default == pdev.raw()
}

/// Lets a card have the legacy ranges: the arbiter takes them from whoever owns them, and opens the
/// bridges on the way to the card. They stay with it until another card asks for them.
///
/// Waits for those who have locked them, but no longer than `limit` milliseconds, in a thread of
/// the name `thread`. Must be called without any lock that a program needs to unlock them, which
/// may be any.
///
/// # Errors
///
/// `ERESTARTSYS`: they were locked all the time. `ENODEV`: the arbiter does not know the card.
/// `ENOMEM`.
pub(crate) fn move_legacy(pdev: &pci::Device, thread: &'static CStr, limit: i64) -> Result {
    kthread::call_interruptibly(thread, limit, || {
        // SAFETY: `pdev` is valid, and the call may sleep here. It is interruptible.
        to_result(unsafe { bindings::vga_get(pdev.raw(), LEGACY, 1) })?;
        // SAFETY: The lock was just taken.
        unsafe { bindings::vga_put(pdev.raw(), LEGACY) };
        Ok(())
    })
}
