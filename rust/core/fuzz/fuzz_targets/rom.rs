// SPDX-License-Identifier: GPL-2.0

//! Any bytes as a ROM: no panic, no read past the end, a bounded number of steps, and what is kept
//! is judged as the whole is.
//!
//! The first four bytes of the input are the card's IDs, as in its configuration space, the rest is the ROM BAR.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vga_stub_core::rom::{
    self,
    edk2::Driver,
    Extent,
    Status, //
};

fuzz_target!(|input: &[u8]| {
    let Some((ids, rom)) = input.split_first_chunk::<4>() else {
        return;
    };
    let vendor = u16::from_le_bytes([ids[0], ids[1]]);
    let device = u16::from_le_bytes([ids[2], ids[3]]);
    let card = Some((vendor, device));

    // As the module reads it: nothing that was not asked for is there.
    let mut read = 0;
    let mut calls = 0;
    let end = loop {
        calls += 1;
        assert!(calls <= rom::MAX_READS);
        match rom::extent(&rom[..read], rom.len()) {
            Extent::Need(size) => {
                assert!(size > read && size <= rom.len());
                read = size;
            }
            Extent::End(size) => break size,
        }
    };
    assert_eq!(rom::extent(rom, rom.len()), Extent::End(end));

    let status = rom::status(rom, card);
    let kept = &rom[..end];
    if end > 0 {
        assert_eq!(rom::status(kept, card), status);
    }
    assert_eq!(
        rom::fits(kept, vendor, device),
        rom::fits(rom, vendor, device)
    );
    assert!(status != Status::Ok || rom::fits(rom, vendor, device));
    assert!(status != Status::Ok || rom::shown(rom, vendor, device));

    // Each of the three makes the same of what is kept.
    let size = rom::linux::size(rom);
    assert!(size <= end);
    assert_eq!(rom::linux::size(kept), size);
    let mut loaded = rom::edk2::images(kept);
    for image in rom::edk2::images(rom) {
        let other = loaded.next().unwrap();
        assert_eq!((other.offset, other.bytes()), (image.offset, image.bytes()));
        assert_eq!(Driver::new(&other), Driver::new(&image));
    }
    assert!(loaded.next().is_none());
    let copied = rom::seabios::find(rom, card).map(|image| (image.offset, image.sum()));
    let other = rom::seabios::find(kept, card).map(|image| (image.offset, image.sum()));
    assert_eq!(copied, other);

    // A file from elsewhere.
    if let Some(start) = rom::dump::find(rom) {
        assert!(rom::images(&rom[start..]).next().unwrap().is_ok());
    }
    assert!(rom::dump::cut(rom).is_none() || status != Status::Ok);
    for image in rom::nvidia::images(rom) {
        assert_eq!(image.bytes().len(), image.length);
    }

    let mut images = 0;
    for image in rom::images(rom).filter_map(Result::ok) {
        images += 1;
        assert!(image.bytes().len() <= image.length);
        assert!(image.device_list().count() <= rom::MAX_DEVICES);
        assert!(image.checksum_holds() || status != Status::Ok);
        if let Some(header) = image.efi() {
            assert_eq!(header.length % rom::SECTOR, 0);
        }
    }
    assert!(images <= rom::MAX_IMAGES);
});
