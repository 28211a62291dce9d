// SPDX-License-Identifier: GPL-2.0

//! What `vga-stub qemu` prints for xargs -0 is the same as its lines.

use std::process::Command;

/// What it prints for the card of a stored machine.
fn arguments(options: &[&str]) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_vga-stub"))
        .args(["--root", "tests/trees/held.report", "qemu", "01:00"])
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}

#[test]
fn nuls_stand_for_line_ends() {
    let lines = arguments(&[]);
    let nuls = arguments(&["--null"]);
    assert_eq!(lines.iter().filter(|&&byte| byte == b'\n').count(), 6);
    let again: Vec<_> = nuls
        .iter()
        .map(|&byte| if byte == 0 { b'\n' } else { byte })
        .collect();
    assert_eq!(again, lines);
    assert!(nuls.ends_with(b"\0"));
}
