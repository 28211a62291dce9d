// SPDX-License-Identifier: GPL-2.0

//! Any bytes as `ids=`: no panic, each bad entry named where it is in one printable line, and each
//! good one means the same when it is written out.

#![no_main]

mod entries;

use entries::Entries;
use libfuzzer_sys::fuzz_target;
use vga_stub_core::ids;

fuzz_target!(|text: &[u8]| {
    let mut entries = Entries::new(text);
    for entry in ids::parse(text) {
        entries.count();
        match entry {
            Ok(id) => {
                let written = format!(
                    "{:x}:{:x}:{:x}:{:x}:{:x}:{:x}",
                    id.vendor, id.device, id.subvendor, id.subdevice, id.class, id.class_mask
                );
                assert!(ids::parse(written.as_bytes()).eq([Ok(id)]));
            }
            Err(bad) => entries.look_at(&bad),
        }
    }
});
