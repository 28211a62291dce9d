// SPDX-License-Identifier: GPL-2.0

//! Makes option ROMs for the tests, right ones unless told otherwise.

// Each test binary uses a part of it.
#![allow(dead_code, unreachable_pub)]

pub mod vfct;

/// What an image is to be: see the fields of `vga_stub_core::rom::Image`.
#[derive(Clone, Debug)]
pub struct Build {
    /// The vendor ID.
    pub vendor: u16,
    /// The device ID.
    pub device: u16,
    /// Further device IDs; more than none need revision 3.
    pub devices: Vec<u16>,
    /// The class code.
    pub class: u32,
    /// The PCI data structure's revision.
    pub revision: u8,
    /// The code type.
    pub code: u8,
    /// The image's length in sectors, and how much is made.
    pub sectors: u16,
    /// The indicator byte.
    pub indicator: u8,
    /// Where the PCI data structure is.
    pub pcir: u16,
    /// The PCI data structure's own length.
    pub pcir_length: u16,
    /// Whether it is an image of NVIDIA's own kind.
    pub nvidia: bool,
}

impl Default for Build {
    /// A legacy image of two sectors for 1234:1111, the last one.
    fn default() -> Self {
        Self {
            vendor: 0x1234,
            device: 0x1111,
            devices: Vec::new(),
            class: 0x030000,
            revision: 3,
            code: 0,
            sectors: 2,
            indicator: 0x80,
            pcir: 0x1c,
            pcir_length: 0x1c,
            nvidia: false,
        }
    }
}

impl Build {
    /// Returns the image's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let size = usize::from(self.sectors) * 512;
        let mut image: Vec<u8> = (0..size).map(|at| (at * 7 % 251) as u8).collect();
        let [low, high] = self.sectors.to_le_bytes();
        image[..4].copy_from_slice(&[0x55, 0xaa, low, if self.code == 3 { high } else { 0xe9 }]);
        image[4..0x18].fill(0);
        if self.code == 3 {
            put(&mut image, 4, &0x0ef1u32.to_le_bytes());
            put(&mut image, 8, &[11, 0, 0x64, 0x86, 1, 0]);
            put(&mut image, 0x16, &[0x60, 0]);
        }
        put(&mut image, 0x18, &self.pcir.to_le_bytes());

        let mut pcir = b"PCIR".to_vec();
        let list = if self.devices.is_empty() { 0 } else { 0x20u16 };
        for word in [self.vendor, self.device, list, self.pcir_length] {
            pcir.extend(word.to_le_bytes());
        }
        pcir.push(self.revision);
        pcir.extend(&self.class.to_le_bytes()[..3]);
        pcir.extend(self.sectors.to_le_bytes());
        pcir.extend([0x34, 0x12, self.code, self.indicator, 1, 0, 0, 0, 0, 0]);
        pcir.resize(0x20, 0);
        for device in &self.devices {
            pcir.extend(device.to_le_bytes());
        }
        pcir.extend([0, 0]);
        put(&mut image, usize::from(self.pcir), &pcir);

        if self.code == 0 {
            make_sum_zero(&mut image);
        }
        if self.nvidia {
            put(&mut image, 0, &[0x56, 0x4e]);
            put(&mut image, usize::from(self.pcir), b"NPDS");
        }
        image
    }
}

/// Overwrites bytes, as far as there are any.
pub fn put(image: &mut [u8], at: usize, bytes: &[u8]) {
    for (place, &byte) in image.iter_mut().skip(at).zip(bytes) {
        *place = byte;
    }
}

/// Makes the bytes of a legacy image add up to 0, by byte 5, which is in no field.
pub fn make_sum_zero(image: &mut [u8]) {
    image[5] = 0;
    let length = image.len().min(usize::from(image[2]) * 512);
    let sum = image[..length]
        .iter()
        .fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    image[5] = sum.wrapping_neg();
}

/// Returns what is given, changed.
pub fn with(mut rom: Vec<u8>, at: usize, bytes: &[u8]) -> Vec<u8> {
    put(&mut rom, at, bytes);
    rom
}

/// Adds NVIDIA's extension of the PCI data structure to an image of `Build`: a length in sectors, and
/// whether it is the last one.
pub fn extend(image: &mut [u8], sectors: u16, last: bool) {
    let [low, high] = sectors.to_le_bytes();
    let npde = [
        b'N',
        b'P',
        b'D',
        b'E',
        1,
        1,
        0xb,
        0,
        low,
        high,
        u8::from(last) << 7,
    ];
    put(image, 0x40, &npde);
}
