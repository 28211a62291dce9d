// SPDX-License-Identifier: GPL-2.0

//! Makes VFCT tables: see `vga_stub_core::vfct`.

/// An image in the table.
#[derive(Clone, Debug)]
pub struct Content {
    /// The bus number that the firmware gave the card.
    pub bus: u32,
    /// The card's device number.
    pub slot: u32,
    /// The card's function.
    pub function: u32,
    /// The card's device ID; the vendor is AMD.
    pub device: u16,
    /// The image.
    pub bytes: Vec<u8>,
}

impl Default for Content {
    /// An empty image for 1002:1638 at 00:00.0.
    fn default() -> Self {
        Self {
            bus: 0,
            slot: 0,
            function: 0,
            device: 0x1638,
            bytes: Vec::new(),
        }
    }
}

/// Returns a table with these images.
pub fn table(contents: &[Content]) -> Vec<u8> {
    let mut table = b"VFCT".to_vec();
    table.resize(0x4c, 0);
    table[0x34] = 0x4c;
    for content in contents {
        for number in [content.bus, content.slot, content.function] {
            table.extend(number.to_le_bytes());
        }
        for id in [0x1002, content.device, 0x17aa, 0x3a61] {
            table.extend(id.to_le_bytes());
        }
        table.extend([0; 4]);
        table.extend((content.bytes.len() as u32).to_le_bytes());
        table.extend(&content.bytes);
    }
    let length = (table.len() as u32).to_le_bytes();
    table[4..8].copy_from_slice(&length);
    table
}
