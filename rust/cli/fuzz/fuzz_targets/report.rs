// SPDX-License-Identifier: GPL-2.0

//! Reports: whatever they hold, they are read, looked at, written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    vga_stub_cli::digest(bytes);
});
