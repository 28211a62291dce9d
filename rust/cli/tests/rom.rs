// SPDX-License-Identifier: GPL-2.0

//! `vga-stub rom` as users run it: what it prints, and its exit code.

#[path = "../../core/tests/build/mod.rs"]
mod build;

use std::{
    io::Write,
    process::{
        Command,
        Output,
        Stdio, //
    },
};

use build::{
    with,
    Build, //
};
use serde_json::Value;

/// Where the PCI data structure of `Build` is.
const PCIR: usize = 0x1c;

/// Runs the command with a ROM on its standard input.
fn run(rom: &[u8], args: &[&str]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vga-stub"))
        .args(["rom", "-"])
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end without reading everything.
    let _ = child.stdin.take().unwrap().write_all(rom);
    child.wait_with_output().unwrap()
}

/// Returns what is printed for people, and the exit code.
fn text(rom: &[u8], args: &[&str]) -> (String, i32) {
    let output = run(rom, args);
    assert!(output.stderr.is_empty(), "{output:?}");
    (
        String::from_utf8(output.stdout).unwrap(),
        output.status.code().unwrap(),
    )
}

/// Returns what is printed as JSON.
fn json(rom: &[u8], args: &[&str]) -> Value {
    serde_json::from_slice(&run(rom, &[args, &["--json"]].concat()).stdout).unwrap()
}

/// Returns which guests boot: BIOS, OVMF.
fn boots(rom: &[u8], args: &[&str]) -> (bool, bool) {
    let verdict = &json(rom, args)["verdict"];
    let boots = |guest: &str| verdict[guest]["boots"] == true;
    (boots("bios_guest"), boots("ovmf_guest"))
}

/// An EFI image, the last one.
fn efi() -> Vec<u8> {
    Build {
        code: 3,
        sectors: 3,
        revision: 0,
        pcir_length: 0x18,
        ..Build::default()
    }
    .bytes()
}

/// A legacy image that is not the last one.
fn first() -> Build {
    Build {
        indicator: 0,
        devices: vec![0x2222],
        ..Build::default()
    }
}

/// A legacy image and an EFI image in one ROM, as most cards have.
fn dual() -> Vec<u8> {
    [first().bytes(), efi()].concat()
}

#[test]
fn a_good_rom_is_described() {
    let (text, code) = text(&dual(), &["--device", "1234:1111"]);
    let expected = "\
-: 2560 bytes

Image 1 at 0x0: legacy x86, 1024 bytes
  for       1234:1111, class 030000: fits
  also for  2222
  PCIR      revision 3 at 0x1c, 28 bytes; code revision 0x1234
  checksum  right

Image 2 at 0x400: EFI, 1536 bytes, last
  for       1234:1111, class 030000: fits
  PCIR      revision 0 at 0x1c, 24 bytes; code revision 0x1234
  EFI       x64 (8664), boot service driver (11), compressed, program at 0x60

Status: ok: every image is whole and its checksum holds
Boots a BIOS guest: yes: a legacy image for 1234:1111
Boots an OVMF guest: yes: an EFI driver for x64
";
    assert_eq!(text, expected);
    assert_eq!(code, 0);
}

#[test]
fn json_has_everything() {
    let report = json(&dual(), &["--device", "1234:2222"]);
    assert_eq!(report["file"], "-");
    assert_eq!(report["size"], 2560);
    assert_eq!(report["rom_size"], 2560);
    assert_eq!(report["card"], "1234:2222");
    assert_eq!(report["status"], "ok");
    assert_eq!(report["fault"], Value::Null);

    let legacy = &report["images"][0];
    assert_eq!(legacy["kind"], "legacy");
    assert_eq!(legacy["code_type"], 0);
    assert_eq!(legacy["vendor"], "1234");
    assert_eq!(legacy["device"], "1111");
    assert_eq!(legacy["device_list"], Value::from(vec!["2222"]));
    assert_eq!(legacy["class"], "030000");
    assert_eq!(legacy["fits"], true);
    assert_eq!(legacy["sum"], 0);
    assert_eq!(legacy["checksum_ok"], true);
    assert_eq!(legacy["runtime_size"], 512);
    assert_eq!(legacy["complete"], true);
    assert_eq!(legacy["last"], false);
    assert_eq!(legacy["efi"], Value::Null);

    let efi = &report["images"][1];
    assert_eq!(efi["offset"], 1024);
    assert_eq!(efi["kind"], "efi");
    assert_eq!(efi["fits"], false);
    assert_eq!(efi["sum"], Value::Null);
    assert_eq!(efi["checksum_ok"], Value::Null);
    assert_eq!(efi["runtime_size"], Value::Null);
    assert_eq!(efi["efi"]["machine"], "x64");
    assert_eq!(efi["efi"]["machine_code"], "8664");
    assert_eq!(efi["efi"]["subsystem_code"], 11);
    assert_eq!(efi["efi"]["compression"], 1);
    assert_eq!(efi["efi"]["program_offset"], 0x60);

    assert_eq!(json(&dual(), &[])["images"][0]["fits"], Value::Null);
    assert_eq!(json(&dual(), &[])["card"], Value::Null);
}

#[test]
fn bad_roms_are_named_and_exit_with_1() {
    let good = Build::default().bytes();
    let nvidia = [&b"NVGI"[..], &vec![0; 596], &good].concat();
    let cut = nvidia[..nvidia.len() - 100].to_vec();
    let table = [
        (vec![], "none", "the file is empty"),
        (vec![0xff; 4096], "bad-signature", "every byte is ff"),
        (vec![0; 4096], "bad-signature", "every byte is 00"),
        (vec![1; 4096], "bad-signature", "this is no option ROM"),
        (
            nvidia,
            "bad-signature",
            "an option ROM at byte 600; write it to a file of its own: --extract OUT",
        ),
        // Nothing would be written.
        (
            cut,
            "bad-signature",
            "an option ROM at byte 600, which is cut short: read it from the card again",
        ),
        (
            with(good.clone(), PCIR, b"?"),
            "no-pcir",
            "there is no PCIR",
        ),
        (
            good[..1000].to_vec(),
            "truncated",
            "goes past the end of the ROM",
        ),
        (first().bytes(), "truncated", "is missing"),
        (
            with(good.clone(), 1023, &[1]),
            "bad-checksum",
            "was changed",
        ),
        (
            Build {
                vendor: 1,
                ..Build::default()
            }
            .bytes(),
            "id-mismatch",
            "no image is for this card",
        ),
    ];
    for (rom, status, part) in table {
        let (text, code) = text(&rom, &["--device", "1234:1111"]);
        let line = format!("Status: {status}: ");
        let line = text.lines().find(|text| text.starts_with(&line));
        assert!(line.is_some_and(|line| line.contains(part)), "{text}");
        assert_eq!(code, 1, "{text}");
    }
}

#[test]
fn a_broken_chain_is_shown_as_far_as_it_goes() {
    let rom = [dual(), vec![0xff; 100]].concat();
    let rom = with(rom, 1024 + PCIR + 0x10, &[9]);
    let report = json(&rom, &[]);
    assert_eq!(report["images"].as_array().unwrap().len(), 2);
    assert_eq!(report["images"][0]["complete"], true);
    assert_eq!(report["images"][1]["complete"], false);
    assert_eq!(report["fault"]["image"], 2);
    assert_eq!(report["fault"]["offset"], 1024);
    assert_eq!(boots(&rom, &[]), (true, false));

    let report = json(&first().bytes(), &[]);
    assert_eq!(report["fault"]["image"], 2);
    assert_eq!(report["fault"]["offset"], 1024);
}

#[test]
fn edk2_takes_a_small_rom_bar_for_none() {
    let rom = efi();
    assert_eq!(ways(&rom, &[], "ovmf_guest"), (true, false));
    let why = json(&rom, &[])["verdict"]["ovmf_guest"]["why"].clone();
    assert_eq!(
        why,
        "an EFI driver for x64, but not if it is given as romfile=; QEMU makes its ROM BAR 2048 \
         bytes large, which EDK II takes for none"
    );
    let larger = [rom, vec![0; 513]].concat();
    assert_eq!(ways(&larger, &[], "ovmf_guest"), (true, true));
}

/// An EFI image in a ROM that is larger than the smallest ROM BAR.
fn efi_in_more() -> Vec<u8> {
    [efi(), vec![0xff; 2560]].concat()
}

/// Returns whether an OVMF guest boots, as far as the file tells, and why.
fn ovmf(rom: &[u8], args: &[&str]) -> (Option<bool>, String) {
    let answer = &json(rom, args)["verdict"]["ovmf_guest"];
    (
        answer["boots"].as_bool(),
        answer["why"].as_str().unwrap().into(),
    )
}

#[test]
fn what_was_cut_off_may_be_the_efi_image() {
    let missing = "the file does not tell: an image is missing that may be the EFI image";
    let part = "the EFI image is not whole in the file";
    let none = "there is no EFI image; its screen stays dark until its own driver comes";
    let rom = dual();
    for (size, boots, why) in [
        (2560, Some(true), "an EFI driver for x64"),
        (2559, None, part),
        (1024 + 0x34, None, part),
        (1024 + 0x33, None, missing),
        (1024 + 0x10, None, missing),
        (1024, None, missing),
        (1023, None, missing),
        (512, None, missing),
    ] {
        assert_eq!(ovmf(&rom[..size], &[]), (boots, why.into()), "{size}");
        let (printed, code) = text(&rom[..size], &[]);
        assert_eq!(code, i32::from(size < 2560));
        let boots = if size < 2560 { "unknown" } else { "yes" };
        let line = format!("Boots an OVMF guest: {boots}: {why}\n");
        assert!(printed.ends_with(&line), "{printed}");
    }
    // The last image was cut, and it is no EFI image.
    let legacy = Build::default().bytes();
    assert_eq!(ovmf(&legacy[..1000], &[]), (Some(false), none.into()));
    // Something else is where the image should be: nothing was cut.
    let other = [first().bytes(), vec![0xff; 512]].concat();
    assert_eq!(ovmf(&other, &[]), (Some(false), none.into()));
}

#[test]
fn a_legacy_image_that_was_cut_is_not_called_changed() {
    let bios = |rom: &[u8]| {
        let answer = &json(rom, &[])["verdict"]["bios_guest"];
        (
            answer["boots"].as_bool(),
            answer["why"].as_str().unwrap().to_owned(),
        )
    };
    let part = (None, "the legacy image is not whole in the file".to_owned());
    let rom = dual();
    for size in [512, 1000, 1023] {
        assert_eq!(bios(&rom[..size]), part, "{size}");
    }
    assert_eq!(bios(&rom[..1024]).0, Some(true));
    assert_eq!(bios(&with(rom, 1023, &[1])).0, Some(false));
    // In a file with nothing in it nothing is missing.
    let none = "there is no legacy image".to_owned();
    assert_eq!(bios(&[]), (Some(false), none));
    assert_eq!(ovmf(&[], &[]).0, Some(false));
}

/// Returns whether a guest boots with the ROM from the card and from a file.
fn ways(rom: &[u8], args: &[&str], guest: &str) -> (bool, bool) {
    let answer = &json(rom, args)["verdict"][guest];
    let way = |name: &str| answer[name].as_bool().unwrap();
    (way("from_card"), way("from_file"))
}

#[test]
fn an_image_behind_a_gap_is_for_romfile() {
    let rom = [first().bytes(), vec![0xff; 1024], efi()].concat();
    let (text, code) = text(&rom, &["--device", "1234:1111"]);
    assert!(
        text.contains("Image 2 at 0x800: EFI, 1536 bytes, last\n"),
        "{text}"
    );
    assert!(
        text.contains(
            "Status: truncated: the image at 0x400 does not start with 55 AA; the kernel goes no \
             further, but EDK II finds an image at 0x800\n"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "Boots an OVMF guest: yes: an EFI driver for x64, if it is given as romfile=; vfio-pci \
             shows only the first 1024 bytes, where the kernel's view ends\n"
        ),
        "{text}"
    );
    assert_eq!(code, 1);
    assert_eq!(ways(&rom, &[], "ovmf_guest"), (false, true));
    assert_eq!(ways(&rom, &[], "bios_guest"), (true, true));
    let report = json(&rom, &[]);
    assert_eq!(report["rom_size"], rom.len());
    assert_eq!(report["kernel_size"], 1024);
}

#[test]
fn what_qemu_writes_into_the_rom_counts() {
    // The vendor is the card's, the device is not: the sum of all bytes becomes 0 by byte 6.
    let other = &["--device", "1234:2222"];
    let legacy = Build::default().bytes();
    assert_eq!(ways(&legacy, other, "bios_guest"), (true, false));
    // With a further image, the sum of the first is another.
    assert_eq!(ways(&dual(), other, "bios_guest"), (false, false));
    // In an EFI header, byte 6 is a part of the signature.
    assert_eq!(ways(&efi_in_more(), other, "ovmf_guest"), (false, true));
    let (_, why) = ovmf(&efi_in_more(), other);
    assert_eq!(
        why,
        "an EFI driver for x64, if it is given as romfile=; QEMU writes the device ID 2222 and a \
         new checksum into the ROM of the card"
    );
    assert_eq!(
        ways(&efi_in_more(), &["--device", "1235:2222"], "ovmf_guest"),
        (true, true)
    );
    assert_eq!(ways(&efi_in_more(), &[], "ovmf_guest"), (true, true));
    // As GOP drivers for Intel's graphics have it: for every device.
    let any = with(efi_in_more(), PCIR + 6, &[0xff, 0xff]);
    assert_eq!(json(&any, other)["status"], "ok");
    assert_eq!(ways(&any, other, "ovmf_guest"), (false, true));
}

#[test]
fn what_only_seabios_takes_is_for_romfile() {
    let odd = Build {
        pcir: 0x1e,
        ..Build::default()
    };
    let rom = odd.bytes();
    assert_eq!(ways(&rom, &[], "bios_guest"), (false, true));
    let why = json(&rom, &[])["verdict"]["bios_guest"]["why"].clone();
    assert_eq!(
        why,
        "a legacy image for 1234:1111, if it is given as romfile=; the kernel finds no valid \
         image, so vfio-pci shows none"
    );
    assert_eq!(json(&rom, &[])["status"], "no-pcir");
}

#[test]
fn nvidias_own_images_are_named() {
    let own = Build {
        code: 0xe0,
        nvidia: true,
        ..Build::default()
    };
    let (text, code) = text(&[first().bytes(), own.bytes()].concat(), &[]);
    let line = "Image 2 at 0x400: NVIDIA's own, code type 0xe0, 1024 bytes, last\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("Status: ok: "), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn what_follows_is_said() {
    let rom = [dual(), vec![0xff; 100]].concat();
    let (text, code) = text(&rom, &[]);
    assert!(
        text.contains("The ROM is the first 2560 bytes; 100 follow: padding\n"),
        "{text}"
    );
    assert_eq!(code, 0);
}

#[test]
fn bios_guests() {
    let card = &["--device", "1234:1111"];
    let legacy = Build::default();
    assert!(boots(&legacy.bytes(), card).0);
    assert!(boots(&legacy.bytes(), &[]).0);
    assert!(!boots(&efi(), card).0);
    assert!(!boots(&with(legacy.bytes(), 1023, &[1]), card).0);

    // SeaBIOS does not look at the device list; QEMU writes the device ID, unless there is more.
    let listed = &["--device", "1234:2222"];
    let only = Build {
        indicator: 0x80,
        ..first()
    };
    assert!(boots(&only.bytes(), listed).0);
    assert!(!boots(&dual(), listed).0);
    assert!(!boots(&legacy.bytes(), &["--device", "1235:1111"]).0);

    // Images for others are passed over.
    let other = Build {
        device: 0x2222,
        indicator: 0,
        ..Build::default()
    };
    assert!(boots(&[other.bytes(), legacy.bytes()].concat(), card).0);
}

#[test]
fn ovmf_guests() {
    assert!(boots(&dual(), &[]).1);
    assert!(boots(&efi(), &["--device", "ffff:0001"]).1);
    assert!(!boots(&Build::default().bytes(), &[]).1);
    for (what, at, bytes) in [
        ("signature", 4, &[0][..]),
        ("AArch64", 0xa, &[0x64, 0xaa]),
        ("application", 8, &[10]),
        ("compression", 0xc, &[2]),
        ("longer than the image", 2, &[4]),
        ("program outside", 0x16, &[0, 6]),
    ] {
        assert!(!boots(&with(efi(), at, bytes), &[]).1, "{what}");
    }
    assert!(boots(&with(efi(), 0x16, &[0xff, 5]), &[]).1);
    assert!(boots(&with(efi(), 8, &[12]), &[]).1);
}

#[test]
fn what_cannot_be_done_exits_with_2() {
    let fails = |args: &[&str], part: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_vga-stub"))
            .args(args)
            .output()
            .unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(part), "{error}");
        assert!(output.stdout.is_empty());
        assert_eq!(output.status.code(), Some(2), "{error}");
    };
    fails(
        &["rom", "/nonexistent/file"],
        "cannot read /nonexistent/file: ",
    );
    fails(&["rom", "/"], "cannot read /: ");
    fails(
        &["rom", "/dev/zero"],
        "/dev/zero is no ROM: it has more than 64 MiB",
    );
    fails(&["rom"], "<FILE>");
    fails(&[], "Usage: vga-stub");
    let device = ["rom", "-", "--device"];
    for (id, part) in [
        ("10de", "write vendor:device"),
        ("10dez:1b80", "the vendor ID is no hexadecimal"),
        ("10de:11b80", "the device ID is no hexadecimal"),
        ("10de:", "the device ID is no hexadecimal"),
        ("10de:+1b8", "the device ID is no hexadecimal"),
    ] {
        fails(&[&device[..], &[id]].concat(), part);
    }
}

#[test]
fn reader_that_goes_away_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_vga-stub"))
        .args(["rom", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(&dual()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(output.status.code(), Some(0));
}
