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
fn a_program_that_wants_json_gets_json() {
    // Exit codes are those without it.
    for words in [
        ["list", "99:00", "--json"],
        ["doctor", "--json", "--nonsense"],
        ["--json", "nonsense", "x"],
        ["--json", "setup", "99:00"],
        ["undo", "--json", "99:00"],
        ["hold", "--json", "01:00"],
        ["xml", "\u{1b}[31m", "--json"],
    ] {
        let run = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_vga-stub"));
            let output = command
                .args(["--root", "tests/trees/held.report"])
                .args(words);
            output.output().unwrap()
        };
        let output = run(&words);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(json["schema"], 1, "{words:?}");
        assert_eq!(json["error"]["exit"], 2, "{words:?}");
        let message = json["error"]["message"].as_str().unwrap();
        assert!(
            !message.contains('\u{1b}') && !message.is_empty(),
            "{words:?}"
        );
        assert!(!output.stderr.is_empty());
        let plain: Vec<_> = words.into_iter().filter(|word| *word != "--json").collect();
        let output = run(&plain);
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty(), "{words:?}");
    }
}

#[test]
fn what_does_not_end_is_no_report() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vga-stub"));
    let output = command
        .args(["--root", "/dev/zero", "list"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "vga-stub: /dev/zero is no report of vga-stub: it has more than 256 MiB\n"
    );
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
