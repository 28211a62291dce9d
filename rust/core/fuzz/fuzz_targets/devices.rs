// SPDX-License-Identifier: GPL-2.0

//! Any bytes as `devices=` and as `rom=`: no panic, each bad entry named where it is in one printable line, and
//! whether a device is meant is decided for any route.

#![no_main]

mod entries;

use entries::Entries;
use libfuzzer_sys::fuzz_target;
use vga_stub_core::{
    capture,
    devices::{
        self,
        Address, //
    }, //
};

fuzz_target!(|input: &[u8]| {
    // What follows a line break is where a device is: bus, and device and function, of itself and
    // of each bridge above it.
    let mut parts = input.splitn(2, |&byte| byte == b'\n');
    let text = parts.next().unwrap_or_default();
    let route = parts.next().unwrap_or_default().chunks_exact(2);
    let route = route.map(|hop| Address {
        domain: 0,
        bus: hop[0],
        slot: hop[1] >> 3,
        function: hop[1] & 7,
    });
    let mut entries = Entries::new(text);
    for entry in devices::parse(text) {
        entries.count();
        match entry {
            Ok(place) => {
                place.fit(route.clone(), (0x10de, 0x1b80));
                assert_eq!(devices::parse(place.text).count(), 1);
            }
            Err(bad) => entries.look_at(&bad),
        }
    }

    // Where rom= is one place after another, its ROMs are read, or those of others are too.
    let rules: Vec<_> = capture::parse(text).flatten().collect();
    let read = capture::is_read(text, route.clone(), (0x10de, 0x1b80));
    assert!(read || rules.iter().any(|rule| !rule.read));
    for bad in capture::parse(text).filter_map(Result::err) {
        assert!(bad.offset <= text.len());
        assert!(bad.to_string().len() < 512);
    }
});
