// SPDX-License-Identifier: GPL-2.0

//! Whether a function may be switched on, as the kernel has noted its BARs.

use crate::abstractions::pci::DeviceExt as _;
use kernel::pci;
use vga_stub_core::decode::{
    self,
    Bar,
    COMMAND_IO,
    COMMAND_MEMORY, //
};

/// How many BARs an endpoint has, the ROM's not counted.
const BARS: usize = 6;

/// Returns which decode bits, of those in `kinds`, a function may be switched on with: see
/// [`decode::may_decode`].
#[inline(never)]
pub(crate) fn may_decode(pdev: &pci::Device, kinds: u16) -> Option<u16> {
    let bars = (0..BARS).map(|index| {
        let resource = pdev.resource(index);

        Bar {
            decode: if resource.is_io() {
                COMMAND_IO
            } else if resource.is_memory() {
                COMMAND_MEMORY
            } else {
                0
            },
            assigned: resource.is_valid(),
        }
    });

    decode::may_decode(bars, kinds)
}
