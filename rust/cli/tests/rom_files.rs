// SPDX-License-Identifier: GPL-2.0

//! `vga-stub rom` with files from elsewhere: what is before and after the ROM, what is written by
//! `--extract`, and names that a terminal would act upon.

#[path = "../../core/tests/build/mod.rs"]
mod build;

use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{
        Command,
        Output, //
    },
};

use build::{
    extend,
    Build, //
};
use serde_json::Value;
use tempfile::TempDir;

/// A legacy image and an EFI image in one ROM, as most cards have.
fn dual() -> Vec<u8> {
    let legacy = Build {
        indicator: 0,
        ..Build::default()
    };
    let efi = Build {
        code: 3,
        sectors: 3,
        ..Build::default()
    };
    [legacy.bytes(), efi.bytes()].concat()
}

/// Two images of NVIDIA's own kind, as they follow the last image of the standard.
fn nvidia() -> Vec<u8> {
    let own = |last| {
        let mut image = Build {
            code: 0xe0,
            nvidia: true,
            ..Build::default()
        }
        .bytes();
        extend(&mut image, 2, last);
        image
    };
    [own(false), own(true)].concat()
}

/// The same ROM as NVIDIA has it: its extension says that the EFI image is not the last one.
fn nvidia_rom() -> Vec<u8> {
    let mut rom = dual();
    extend(&mut rom[1024..], 3, false);
    rom
}

/// Runs the command in a directory.
fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vga-stub"))
        .current_dir(dir)
        .arg("rom")
        .args(args)
        .output()
        .unwrap()
}

/// Returns what is printed, what is said of errors, and the exit code.
fn says(output: &Output) -> (String, String, i32) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code().unwrap();
    (text(&output.stdout), text(&output.stderr), code)
}

/// A directory with a file `in`.
fn with_file(bytes: &[u8]) -> TempDir {
    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("in"), bytes).unwrap();
    dir
}

/// Returns the names in a directory.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn the_rom_is_found_and_written() {
    let header = [&b"NVGI"[..], &vec![0; 0x5fc]].concat();
    // A signature without an image is none, nor is one with a broken chain if a whole one follows.
    let decoy = [&[0x55, 0xaa][..], &[0; 98]].concat();
    let cut = [&dual()[..1024], &[0; 100][..]].concat();
    let other = [dual(), vec![0xff; 512], b"data".to_vec()].concat();
    let table = [
        (
            header.clone(),
            dual(),
            vec![],
            "NVIDIA's firmware header (NVGI)",
            "",
        ),
        (
            decoy.clone(),
            dual(),
            vec![0; 100],
            "a header of the vendor's",
            "; 100 follow: padding",
        ),
        (
            b"x".to_vec(),
            dual(),
            vec![0xff; 9],
            "a header of the vendor's",
            "; 9 follow: padding",
        ),
        (
            header.clone(),
            nvidia_rom(),
            nvidia(),
            "NVIDIA's firmware header (NVGI)",
            "; 2048 follow: NVIDIA's own, for its drivers only",
        ),
        (
            [decoy.clone(), cut].concat(),
            dual(),
            b"data".to_vec(),
            "a header of the vendor's",
            "; 4 follow: data",
        ),
        (
            decoy,
            dual(),
            [b"more", &other[..]].concat(),
            "a header of the vendor's",
            "; 3080 follow: data, with another ROM at byte 4 of it",
        ),
    ];
    for (before, rom, after, what, follows) in table {
        let dir = with_file(&[before.clone(), rom.clone(), after.clone()].concat());
        let (text, error, code) = says(&run(dir.path(), &["in"]));
        let line = format!(
            "The ROM is 2560 bytes from byte {} on, behind {what}{follows}\n",
            before.len()
        );
        assert!(text.contains(&line), "{text}");
        let word = if before[0] == 0x55 {
            "no-pcir"
        } else {
            "bad-signature"
        };
        let status = format!("Status: {word}: the file does not start with a valid image, but ");
        assert!(text.contains(&status), "{text}");
        let place = format!("Image 2 at {:#x}: EFI", before.len() + 1024);
        assert!(text.contains(&place), "{text}");
        assert_eq!((error.as_str(), code), ("", 1));

        let (text, error, code) = says(&run(dir.path(), &["in", "--extract", "out"]));
        assert!(text.starts_with("out: 2560 bytes\n"), "{text}");
        assert!(text.contains("Status: ok: "), "{text}");
        assert_eq!((error.as_str(), code), ("", 0));
        assert_eq!(fs::read(dir.path().join("out")).unwrap(), rom);
        assert_eq!(names(dir.path()), ["in", "out"]);
    }
}

#[test]
fn nvidias_images_are_listed() {
    let dir = with_file(&[nvidia_rom(), nvidia()].concat());
    let (text, _, code) = says(&run(dir.path(), &["in"]));
    let lines = "\
The ROM is the first 2560 bytes; 2048 follow: NVIDIA's own, for its drivers only
  image at 0xa00: code type 0xe0, 1024 bytes
  image at 0xe00: code type 0xe0, 1024 bytes
Status: ok";
    assert!(text.contains(lines), "{text}");
    assert_eq!(code, 0);

    let output = run(dir.path(), &["in", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["after"]["size"], 2048);
    assert_eq!(report["after"]["images"][1]["offset"], 0xe00);
    assert_eq!(report["after"]["images"][1]["kind"], "nvidia");
    assert_eq!(report["before"], Value::Null);
    assert_eq!(report["rom_offset"], 0);
}

#[test]
fn a_dump_that_was_cut_short_is_an_error() {
    let header = [&b"NVGI"[..], &[0; 596]].concat();
    for size in [512, 1024, 1500, 2559] {
        let dir = with_file(&[&header[..], &dual()[..size]].concat());
        let (text, error, code) = says(&run(dir.path(), &["in", "--extract", "out"]));
        let message = format!(
            "vga-stub: in was cut short: its {} bytes end before the ROM does; nothing was \
             written\n",
            600 + size
        );
        assert_eq!((text.as_str(), error, code), ("", message, 1));
        assert_eq!(names(dir.path()), ["in"]);
    }
    let dir = with_file(&[0xff; 4096]);
    let (_, error, code) = says(&run(dir.path(), &["in", "--extract", "out"]));
    let message = "vga-stub: in has no option ROM; nothing was written\n";
    assert_eq!((error.as_str(), code), (message, 1));
    assert_eq!(names(dir.path()), ["in"]);
}

#[test]
fn what_is_wrong_otherwise_is_written_and_said() {
    let mut bad = dual();
    bad[1000] ^= 1;
    let dir = with_file(&[b"header".to_vec(), bad.clone()].concat());
    let (text, _, code) = says(&run(dir.path(), &["in", "--extract", "out"]));
    assert!(text.contains("Status: bad-checksum: "), "{text}");
    assert_eq!(code, 1);
    assert_eq!(fs::read(dir.path().join("out")).unwrap(), bad);
}

#[test]
fn nothing_is_overwritten_unless_told() {
    let dir = with_file(&[b"header".to_vec(), dual()].concat());
    let path = |name: &str| dir.path().join(name);
    fs::write(path("out"), "before").unwrap();
    let (text, error, code) = says(&run(dir.path(), &["in", "--extract", "out"]));
    let message = "vga-stub: cannot write out: it is there already; --force overwrites it\n";
    assert_eq!((text.as_str(), error.as_str(), code), ("", message, 2));
    assert_eq!(fs::read(path("out")).unwrap(), b"before");

    let output = run(dir.path(), &["in", "--extract", "out", "--force"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fs::read(path("out")).unwrap(), dual());
    assert_eq!(names(dir.path()), ["in", "out"]);

    // Nothing but a file is ever replaced.
    fs::create_dir(path("dir")).unwrap();
    symlink("nowhere", path("link")).unwrap();
    for out in ["dir", "link", "/dev/null"] {
        let (_, error, code) = says(&run(dir.path(), &["in", "--extract", out, "--force"]));
        let message =
            format!("vga-stub: cannot write {out}: it is there, and is no regular file\n");
        assert_eq!((error, code), (message, 2));
    }
    let (_, error, code) = says(&run(dir.path(), &["in", "--extract", "no/out"]));
    assert!(
        error.starts_with("vga-stub: cannot write no/out: No such file"),
        "{error}"
    );
    assert_eq!(code, 2);
    let (_, error, _) = says(&run(dir.path(), &["in", "--extract", ".."]));
    assert!(
        error.starts_with("vga-stub: cannot write ..: it is there"),
        "{error}"
    );
    assert_eq!(names(dir.path()), ["dir", "in", "link", "out"]);

    // The file itself.
    let output = run(dir.path(), &["in", "--extract", "in", "--force"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fs::read(path("in")).unwrap(), dual());

    let (_, error, code) = says(&run(dir.path(), &["in", "--force"]));
    assert!(error.contains("--extract <OUT>"), "{error}");
    assert_eq!(code, 2);
}

#[test]
fn names_of_files_do_nothing_to_the_terminal() {
    let dir = TempDir::new().unwrap();
    let name = "a\u{1b}[2Jb\nc\u{202e}d";
    let shown = "a\\u{1b}[2Jb\\u{a}c\\u{202e}d";
    fs::write(dir.path().join(name), dual()).unwrap();
    let quiet = |text: &str| !text.chars().any(|c| c == '\u{1b}' || c == '\u{202e}');

    let (text, _, code) = says(&run(dir.path(), &[name]));
    assert!(
        text.starts_with(&format!("{shown}: 2560 bytes\n")),
        "{text}"
    );
    assert!(quiet(&text) && code == 0, "{text}");

    let missing = format!("{name}?");
    let (_, error, code) = says(&run(dir.path(), &[&missing]));
    assert!(
        error.starts_with(&format!("vga-stub: cannot read {shown}?: ")),
        "{error}"
    );
    assert!(quiet(&error) && error.lines().count() == 1 && code == 2);

    let (_, error, code) = says(&run(dir.path(), &[name, "--extract", name]));
    assert!(
        error.starts_with(&format!("vga-stub: cannot write {shown}: ")),
        "{error}"
    );
    assert!(quiet(&error) && code == 2);

    // What clap says of arguments that it does not know.
    for args in [[name, name], ["x", "--device=\u{1b}[2J"]] {
        let (_, error, code) = says(&run(dir.path(), &args));
        assert!(error.contains("\\u{1b}[2J"), "{error}");
        assert!(quiet(&error) && code == 2, "{error}");
    }
    // JSON has its own way.
    let output = run(dir.path(), &[name, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["file"], name);
    assert!(!output.stdout.contains(&0x1b));
}
