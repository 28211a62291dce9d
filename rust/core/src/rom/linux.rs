// SPDX-License-Identifier: GPL-2.0

//! What the Linux kernel makes of a ROM: `pci_get_rom_size()` in drivers/pci/rom.c, on which
//! `pci_map_rom()` relies, and with it the file `rom` of a PCI device, the drivers of the host, and
//! vfio-pci's ROM region.
//!
//! The walk goes by the lengths in the PCI data structures. It ends at the last image, or silently
//! where no valid image follows; it compares no IDs, looks at no code type and checks no sum. An
//! image that goes past the ROM BAR ends with that. What is after the end, a guest with vfio-pci
//! reads as FF (`vfio_pci_bar_rw()` in drivers/vfio/pci/vfio_pci_rdwr.c), and a ROM without any
//! valid image is not shown to it at all (`VFIO_PCI_ROM_REGION_INDEX` in vfio_pci_core.c).

use super::{
    image::{
        Image,
        Stop, //
    },
    view::{
        Need,
        View, //
    },
};

/// Returns how many bytes of a ROM the kernel shows, 0 where it shows none.
pub fn size(rom: &[u8]) -> usize {
    walk(&View::whole(rom)).map_or(0, |walk| walk.size)
}

/// Where the walk came to.
pub(super) struct Walk {
    /// How many bytes the kernel shows.
    size: usize,
    /// How many bytes it takes to come to that.
    pub(super) reach: usize,
}

/// Walks. At most one step for each sector of the ROM.
pub(super) fn walk(view: &View<'_>) -> Result<Walk, Need> {
    let mut offset = 0;
    let mut reach = 0;

    loop {
        let image = match Image::valid(view, offset) {
            Ok(image) => image,
            Err(Stop::Need(need)) => return Err(need),
            Err(Stop::Broken(_)) => break,
        };
        reach = reach.max(offset.saturating_add(image.pcir_end()));
        offset = image.end();
        if image.length == 0 || image.last {
            break;
        }
    }

    let size = offset.min(view.limit);

    Ok(Walk {
        size,
        reach: reach.max(size),
    })
}
