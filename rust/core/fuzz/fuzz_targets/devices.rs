// SPDX-License-Identifier: GPL-2.0

//! Any bytes as `devices=`: no panic, each bad entry named where it is in one printable line, and
//! whether a device is meant is decided for any route.

#![no_main]

use libfuzzer_sys::fuzz_target;
use vga_stub_core::devices::{
    self,
    Address, //
};

fuzz_target!(|input: (&[u8], Vec<(u8, u8)>, (u16, u16))| {
    let (text, hops, ids) = input;
    let commas = text.iter().filter(|&&byte| byte == b',').count();
    let route = hops.iter().map(|&(bus, devfn)| Address {
        domain: 0,
        bus,
        slot: devfn >> 3,
        function: devfn & 7,
    });
    let mut entries = 0;
    let mut before = 0;
    for entry in devices::parse(text) {
        entries += 1;
        match entry {
            Ok(place) => {
                place.fit(route.clone(), ids);
                assert_eq!(devices::parse(place.text).count(), 1);
            }
            Err(bad) => {
                assert!(bad.position > before && bad.position <= commas + 1);
                before = bad.position;
                assert!(bad.offset <= text.len());
                let line = bad.to_string();
                assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
                assert!(line.len() < 512);
            }
        }
    }
    assert!(entries <= commas + 1);
});
