// SPDX-License-Identifier: GPL-2.0

//! Any bytes as `ids=`: no panic, each bad entry named where it is in one printable line, and each
//! good one means the same when it is written out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vga_stub_core::ids;

fuzz_target!(|text: &[u8]| {
    let divides = |byte: &&u8| **byte == b',' || byte.is_ascii_whitespace();
    let dividers = text.iter().filter(divides).count();
    let mut entries = 0;
    let mut before = 0;
    for entry in ids::parse(text) {
        entries += 1;
        match entry {
            Ok(id) => {
                let written = format!(
                    "{:x}:{:x}:{:x}:{:x}:{:x}:{:x}",
                    id.vendor, id.device, id.subvendor, id.subdevice, id.class, id.class_mask
                );
                assert!(ids::parse(written.as_bytes()).eq([Ok(id)]));
            }
            Err(bad) => {
                assert!(bad.position > before && bad.position <= dividers + 1);
                before = bad.position;
                assert!(bad.offset <= text.len());
                assert!(!bad.text.is_empty());
                let line = bad.to_string();
                assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                assert!(line.len() < 512);
            }
        }
    }
    assert!(entries <= dividers + 1);
});
