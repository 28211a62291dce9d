// SPDX-License-Identifier: GPL-2.0

//! Any bytes as a VFCT table: no panic, a bounded number of images, each within the table, and what
//! is found is for the card.
//!
//! The first six bytes of the input are the card: its IDs, as in its configuration space, its bus,
//! and its device and function. The rest is the table.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vga_stub_core::vfct::{
    self,
    Card, //
};

fuzz_target!(|input: &[u8]| {
    let Some((card, table)) = input.split_first_chunk::<6>() else {
        return;
    };
    let card = Card {
        vendor: u16::from_le_bytes([card[0], card[1]]),
        device: u16::from_le_bytes([card[2], card[3]]),
        bus: card[4],
        slot: card[5] >> 3,
        function: card[5] & 7,
    };

    let images: Vec<_> = vfct::images(table).collect();
    assert!(images.len() <= vfct::MAX_IMAGES + 1);
    let mut before = 0x4c;
    for image in images.iter().flatten() {
        assert!(image.range.start >= before + 0x1c);
        assert!(image.range.end <= table.len());
        before = image.range.end;
    }
    match vfct::find(table, &card) {
        Ok(found) => {
            assert!(!table[found.range.clone()].is_empty());
            assert_eq!((found.vendor, found.device), (card.vendor, card.device));
            assert_eq!(found.slot, u32::from(card.slot));
            assert_eq!(found.function, u32::from(card.function));
            assert!(images.contains(&Ok(found)));
        }
        Err(fault) => assert!(!fault.message().is_empty()),
    }
});
