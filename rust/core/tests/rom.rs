// SPDX-License-Identifier: GPL-2.0

//! Option ROMs at every limit: what is read, what is kept, which word is given.

mod build;

use build::{
    make_sum_zero,
    put,
    with,
    Build, //
};
use vga_stub_core::rom::{
    self,
    Broken,
    CodeType,
    EfiHeader,
    Extent,
    Fault,
    Status, //
};

/// The card that `Build` makes ROMs for.
const CARD: (u16, u16) = (0x1234, 0x1111);

/// Where the PCI data structure of `Build` is.
const PCIR: usize = 0x1c;

/// Returns the word for a ROM in a BAR of its size.
fn word(rom: &[u8]) -> &'static str {
    rom::status(rom, Some(CARD)).as_str()
}

/// Reads as the module does: no more than was asked for. Returns what is kept, and how many bytes
/// were read.
fn capture(rom: &[u8]) -> (usize, usize) {
    let mut read = 0;
    for _ in 0..rom::MAX_READS {
        match rom::extent(&rom[..read], rom.len()) {
            Extent::Need(size) => {
                assert!(size > read && size <= rom.len(), "{size} of {read}");
                assert!(size % 512 == 0 || size == rom.len());
                read = size;
            }
            Extent::End(size) => return (size, read),
        }
    }
    panic!("no end");
}

/// A legacy image and an EFI image in one ROM, as most cards have.
fn dual() -> Vec<u8> {
    let legacy = Build {
        indicator: 0,
        ..Build::default()
    };
    let efi = Build {
        code: 3,
        sectors: 3,
        revision: 0,
        pcir_length: 0x18,
        ..Build::default()
    };
    [legacy.bytes(), efi.bytes()].concat()
}

#[test]
fn words_are_the_documented_ones() {
    let words = [
        (Status::Ok, "ok"),
        (Status::BadSignature, "bad-signature"),
        (Status::NoPcir, "no-pcir"),
        (Status::Truncated, "truncated"),
        (Status::IdMismatch, "id-mismatch"),
        (Status::BadChecksum, "bad-checksum"),
        (Status::None, "none"),
    ];
    for (status, word) in words {
        assert_eq!(status.as_str(), word);
    }
}

/// Every odd ROM: what it is, its bytes, its word, how many bytes are kept.
#[test]
fn odd_roms() {
    let good = || Build::default().bytes();
    let size = good().len();
    let bar = |rom: Vec<u8>, size: usize| {
        let mut bar = rom;
        bar.resize(size, 0xff);
        bar
    };
    let not_last = || {
        Build {
            indicator: 0,
            ..Build::default()
        }
        .bytes()
    };
    let table: Vec<(&str, Vec<u8>, &str, usize)> = vec![
        ("nothing", vec![], "none", 0),
        ("one byte", vec![0x55], "truncated", 0),
        ("signature only", vec![0x55, 0xaa], "truncated", 0),
        ("no ROM, two bytes", vec![0xff, 0xff], "bad-signature", 0),
        ("no ROM", vec![0xff; 4096], "bad-signature", 0),
        ("not decoded", vec![0; 4096], "bad-signature", 0),
        (
            "first byte of signature wrong",
            with(good(), 0, &[0x54]),
            "bad-signature",
            0,
        ),
        (
            "second byte of signature wrong",
            with(good(), 1, &[0xab]),
            "bad-signature",
            0,
        ),
        (
            "swapped signature",
            with(good(), 0, &[0xaa, 0x55]),
            "bad-signature",
            0,
        ),
        (
            "a byte less than a header",
            good()[..0x19].to_vec(),
            "truncated",
            0x19,
        ),
        (
            "a header and no more",
            good()[..0x1a].to_vec(),
            "no-pcir",
            0x1a,
        ),
        ("no PCIR", with(good(), PCIR, b"pcir"), "no-pcir", size),
        (
            "another structure",
            with(good(), PCIR, b"NPDS"),
            "no-pcir",
            size,
        ),
        (
            "last letter of PCIR",
            with(good(), PCIR + 3, b"S"),
            "no-pcir",
            size,
        ),
        (
            "no PCIR, no pointer",
            with(good(), 0x18, &[0, 0]),
            "no-pcir",
            size,
        ),
        (
            "no PCIR, header says 0",
            with(with(good(), PCIR, b"?"), 2, &[0]),
            "no-pcir",
            0,
        ),
        (
            "no PCIR, header says more",
            with(with(good(), PCIR, b"?"), 2, &[9]),
            "no-pcir",
            size,
        ),
        (
            "pointer misaligned",
            with(good(), 0x18, &[0x1d, 0]),
            "no-pcir",
            size,
        ),
        (
            "pointer by 2",
            with(good(), 0x18, &[0x1e, 0]),
            "no-pcir",
            size,
        ),
        (
            "pointer past the end",
            with(good(), 0x18, &[0xfc, 0xff]),
            "no-pcir",
            size,
        ),
        (
            "PCIR ends with the ROM",
            Build {
                pcir: 0x400 - 0x18,
                pcir_length: 0x18,
                ..Build::default()
            }
            .bytes(),
            "ok",
            size,
        ),
        (
            "PCIR ends after the ROM",
            Build {
                pcir: 0x400 - 0x14,
                ..Build::default()
            }
            .bytes(),
            "no-pcir",
            size,
        ),
        (
            "PCIR too short",
            with(good(), PCIR + 0xa, &[0x17, 0]),
            "no-pcir",
            size,
        ),
        (
            "PCIR longer than the ROM",
            with(good(), PCIR + 0xa, &[0xe5, 0x03]),
            "no-pcir",
            size,
        ),
        (
            "PCIR length ffff",
            with(bar(good(), 0x20000), PCIR + 0xa, &[0xff; 2]),
            "no-pcir",
            size,
        ),
        (
            "length 0",
            with(good(), PCIR + 0x10, &[0, 0]),
            "truncated",
            size,
        ),
        (
            "length 0, here and in the header",
            with(with(good(), PCIR + 0x10, &[0, 0]), 2, &[0]),
            "truncated",
            512,
        ),
        (
            "length past the end",
            with(good(), PCIR + 0x10, &[3, 0]),
            "truncated",
            size,
        ),
        (
            "longest length",
            with(good(), PCIR + 0x10, &[0xff, 0xff]),
            "truncated",
            size,
        ),
        (
            "cut by a byte",
            good()[..size - 1].to_vec(),
            "truncated",
            size - 1,
        ),
        ("no last bit, then the end", not_last(), "truncated", size),
        (
            "no last bit, then nothing",
            bar(not_last(), 4096),
            "truncated",
            size,
        ),
        (
            "no last bit, then room for a signature",
            with(bar(not_last(), size + 2), size, &[0x55, 0xaa]),
            "truncated",
            size,
        ),
        (
            "no last bit, then no PCIR",
            with([not_last(), good()].concat(), size + PCIR, b"?"),
            "truncated",
            size,
        ),
        (
            "second image of length 0",
            with([not_last(), good()].concat(), size + PCIR + 0x10, &[0, 0]),
            "truncated",
            2 * size,
        ),
        (
            "second image past the end",
            with([not_last(), good()].concat(), size + PCIR + 0x10, &[9, 0]),
            "truncated",
            2 * size,
        ),
        (
            "PCIR outside its image",
            with(
                Build {
                    pcir: 0x380,
                    ..Build::default()
                }
                .bytes(),
                0x380 + 0x10,
                &[1, 0],
            ),
            "truncated",
            size,
        ),
        (
            "vendor",
            Build {
                vendor: 0x1235,
                ..Build::default()
            }
            .bytes(),
            "id-mismatch",
            size,
        ),
        (
            "device",
            Build {
                device: 0x1112,
                ..Build::default()
            }
            .bytes(),
            "id-mismatch",
            size,
        ),
        (
            "checksum",
            with(good(), size - 1, &[0x42]),
            "bad-checksum",
            size,
        ),
        ("header says 0", with(good(), 2, &[0]), "bad-checksum", size),
        (
            "header says more than there is",
            with(good(), 2, &[3]),
            "bad-checksum",
            size,
        ),
        (
            "both IDs and checksum",
            with(
                Build {
                    device: 1,
                    ..Build::default()
                }
                .bytes(),
                size - 1,
                &[0x42],
            ),
            "id-mismatch",
            size,
        ),
        (
            "other reserved bits with the last one",
            {
                Build {
                    indicator: 0xff,
                    ..Build::default()
                }
                .bytes()
            },
            "ok",
            size,
        ),
        (
            "every bit but the last one",
            {
                Build {
                    indicator: 0x7f,
                    ..Build::default()
                }
                .bytes()
            },
            "truncated",
            size,
        ),
        ("good", good(), "ok", size),
        ("good, in a larger BAR", bar(good(), 0x100000), "ok", size),
        ("both kinds", dual(), "ok", 5 * 512),
        (
            "both kinds, in a larger BAR",
            bar(dual(), 0x40000),
            "ok",
            5 * 512,
        ),
        (
            "EFI only",
            Build {
                code: 3,
                ..Build::default()
            }
            .bytes(),
            "ok",
            size,
        ),
        (
            "Open Firmware",
            Build {
                code: 1,
                ..Build::default()
            }
            .bytes(),
            "ok",
            size,
        ),
        (
            "1 MiB",
            Build {
                code: 3,
                sectors: 2048,
                ..Build::default()
            }
            .bytes(),
            "ok",
            0x100000,
        ),
    ];
    for (what, rom, expected, kept) in table {
        assert_eq!(word(&rom), expected, "{what}");
        assert_eq!(capture(&rom).0, kept, "{what}");
        if kept > 0 {
            assert_eq!(word(&rom[..kept]), expected, "{what}, of what is kept");
        }
    }
}

#[test]
fn without_an_identity_ids_are_not_compared() {
    let other = Build {
        vendor: 0xabcd,
        ..Build::default()
    }
    .bytes();
    assert_eq!(rom::status(&other, None), Status::Ok);
    assert_eq!(rom::status(&other, Some(CARD)), Status::IdMismatch);
}

#[test]
fn no_more_is_read_than_needed() {
    // A sector tells where the data structure is, and here has it as well.
    let mut bar = dual();
    bar.resize(0x40000, 0xff);
    assert_eq!(capture(&bar), (5 * 512, 3 * 512));
    assert_eq!(capture(&vec![0xff; 0x40000]), (0, 512));

    // SeaBIOS's has it at the image's end.
    let far = Build {
        pcir: 0x1ddc,
        sectors: 16,
        ..Build::default()
    }
    .bytes();
    assert_eq!(rom::extent(&[], far.len()), Extent::Need(512));
    assert_eq!(rom::extent(&far[..512], far.len()), Extent::Need(0x1e00));
    assert_eq!(rom::extent(&far[..0x1e00], far.len()), Extent::End(0x2000));

    // A limit that is in the middle of a sector, or before everything.
    assert_eq!(rom::extent(&[], 0x1b), Extent::Need(0x1b));
    assert_eq!(rom::extent(&[], 1), Extent::End(0));
    assert_eq!(rom::extent(&[], 0), Extent::End(0));

    // What is past the limit is not looked at.
    assert_eq!(rom::extent(&dual(), 512), Extent::End(512));
}

#[test]
fn faults_say_what_is_wrong() {
    let table = [
        (Fault::Header, "missing"),
        (Fault::Signature, "55 AA"),
        (Fault::PcirPointer, "misaligned or past the end"),
        (Fault::PcirSignature, "no PCIR"),
        (Fault::PcirLength, "impossible length"),
        (Fault::LengthZero, "length 0"),
        (Fault::LengthShort, "shorter"),
        (Fault::PastEnd, "past the end of the ROM"),
        (Fault::TooMany, "too many"),
    ];
    for (fault, part) in table {
        assert!(fault.message().contains(part), "{fault:?}");
    }
}

#[test]
fn number_of_images_is_bounded() {
    let chain = |count: usize| {
        let image = |at| {
            let indicator = if at + 1 == count { 0x80 } else { 0 };
            Build {
                sectors: 1,
                indicator,
                ..Build::default()
            }
            .bytes()
        };
        (0..count).flat_map(image).collect::<Vec<_>>()
    };

    let most = chain(rom::MAX_IMAGES);
    assert_eq!(word(&most), "ok");
    assert_eq!(capture(&most).0, most.len());
    assert_eq!(rom::images(&most).count(), rom::MAX_IMAGES);

    let more = chain(rom::MAX_IMAGES + 1);
    assert_eq!(word(&more), "truncated");
    // The kernel and EDK II know no limit.
    assert_eq!(capture(&more).0, more.len());
    assert_eq!(rom::linux::size(&more), more.len());
    assert_eq!(rom::edk2::images(&more).count(), rom::MAX_IMAGES + 1);
    let last = rom::images(&more).last();
    let broken = Broken {
        offset: most.len(),
        fault: Fault::TooMany,
    };
    assert_eq!(last, Some(Err(broken)));
}

#[test]
fn every_field_is_read() {
    let rom = dual();
    let images: Vec<_> = rom::images(&rom).map(Result::unwrap).collect();
    let [legacy, efi] = images[..] else {
        panic!("{images:?}");
    };

    assert_eq!(legacy.offset, 0);
    assert_eq!(legacy.pcir_offset, 0x1c);
    assert_eq!(legacy.pcir_length, 0x1c);
    assert_eq!(legacy.revision, 3);
    assert_eq!((legacy.vendor, legacy.device), CARD);
    assert_eq!(legacy.class, 0x030000);
    assert_eq!(legacy.length, 1024);
    assert_eq!(legacy.vendor_revision, 0x1234);
    assert_eq!(legacy.code_type, CodeType::X86);
    assert!(!legacy.last);
    assert_eq!(legacy.runtime_length, 512);
    assert_eq!(legacy.initialization_length(), 1024);
    assert_eq!(legacy.bytes(), &rom[..1024]);
    assert_eq!(legacy.sum(), Some(0));
    assert_eq!(legacy.efi(), None);

    assert_eq!(efi.offset, 1024);
    assert_eq!(efi.pcir_length, 0x18);
    assert_eq!(efi.revision, 0);
    assert_eq!(efi.length, 1536);
    assert_eq!(efi.code_type, CodeType::Efi);
    assert!(efi.last);
    assert_eq!(efi.bytes(), &rom[1024..]);
    assert!(efi.checksum_holds());
    let header = EfiHeader {
        length: 1536,
        subsystem: 11,
        machine: 0x8664,
        compression: 1,
        image_offset: 0x60,
    };
    assert_eq!(efi.efi(), Some(header));

    // Without its signature it has no header; the length is then 8 bits wide, as in a legacy one.
    let plain = with(with(rom, 1024 + 4, &[0]), 1024 + 3, &[1]);
    let efi = rom::images(&plain).nth(1).unwrap().unwrap();
    assert_eq!(efi.efi(), None);
    assert_eq!(efi.initialization_length(), 1536);
}

#[test]
fn lengths_above_8_bits() {
    let efi = Build {
        code: 3,
        sectors: 0x155,
        ..Build::default()
    }
    .bytes();
    let image = rom::images(&efi).next().unwrap().unwrap();
    assert_eq!(image.initialization_length(), 0x155 * 512);

    // Without PCI data structure, what the header says is kept, by its kind.
    assert_eq!(capture(&with(efi, PCIR, b"?")).0, 0x155 * 512);
    let legacy = Build {
        sectors: 0x155,
        ..Build::default()
    }
    .bytes();
    assert_eq!(capture(&with(legacy, PCIR, b"?")).0, 0x55 * 512);
}

#[test]
fn code_types() {
    let kinds = [
        (0, CodeType::X86),
        (1, CodeType::OpenFirmware),
        (2, CodeType::PaRisc),
        (3, CodeType::Efi),
        (4, CodeType::Other(4)),
        (0xe0, CodeType::Other(0xe0)),
    ];
    for (code, kind) in kinds {
        let rom = Build {
            code,
            ..Build::default()
        }
        .bytes();
        assert_eq!(rom::images(&rom).next().unwrap().unwrap().code_type, kind);
    }
}

#[test]
fn only_legacy_images_need_a_checksum() {
    for code in [1, 2, 3, 0xe0] {
        let rom = Build {
            code,
            ..Build::default()
        }
        .bytes();
        let image = rom::images(&rom).next().unwrap().unwrap();
        assert_ne!(image.sum(), Some(0), "the test would show nothing");
        assert_eq!(word(&rom), "ok");
    }
    // Any legacy image counts, not just the first.
    let rom = with(dual(), 1023, &[0x42]);
    assert_eq!(word(&rom), "bad-checksum");
    let first = Build {
        code: 3,
        indicator: 0,
        ..Build::default()
    };
    let rom = with(
        [first.bytes(), Build::default().bytes()].concat(),
        2047,
        &[0x42],
    );
    assert_eq!(word(&rom), "bad-checksum");
}

#[test]
fn what_is_to_be_run_is_kept_though_the_image_says_less() {
    // The image is one sector long by its data structure, two by its header.
    let short = |indicator| {
        let mut rom = Build {
            indicator,
            ..Build::default()
        }
        .bytes();
        put(&mut rom, PCIR + 0x10, &[1]);
        make_sum_zero(&mut rom);
        rom
    };
    let mut bar = short(0x80);
    bar.resize(4096, 0xff);
    assert_eq!(word(&bar), "ok");
    assert_eq!(capture(&bar).0, 1024);
    assert_eq!(word(&bar[..1024]), "ok");
    // But not where that is not there.
    assert_eq!(word(&bar[..1023]), "bad-checksum");
    assert_eq!(capture(&bar[..1023]).0, 512);
    assert_eq!(capture(&with(bar.clone(), 2, &[8])).0, 4096);
    assert_eq!(capture(&with(bar.clone(), 2, &[9])).0, 512);
    // Only a BIOS goes by the header.
    let other = with(bar, PCIR + 0x14, &[1]);
    assert_eq!(capture(&other).0, 512);

    // The first of two images reaches beyond the second.
    let mut rom = short(0);
    let second = Build {
        code: 1,
        sectors: 1,
        ..Build::default()
    };
    put(&mut rom, 512, &second.bytes());
    put(&mut rom, 2, &[3]);
    rom.resize(4096, 0);
    put(&mut rom, 5, &[0]);
    let sum = rom[..1536]
        .iter()
        .fold(0u8, |sum, &byte| sum.wrapping_add(byte));
    put(&mut rom, 5, &[sum.wrapping_neg()]);
    assert_eq!(word(&rom), "ok");
    assert_eq!(capture(&rom).0, 1536);
}

#[test]
fn the_checksum_is_of_the_initialization_length() {
    // Only the first of two sectors is to be run.
    let mut rom = Build::default().bytes();
    rom[2] = 1;
    make_sum_zero(&mut rom);
    assert_eq!(word(&rom), "ok");
    put(&mut rom, 512, &[0x42]);
    assert_eq!(word(&rom), "ok");
    put(&mut rom, 511, &[0x42]);
    assert_eq!(word(&rom), "bad-checksum");
}

#[test]
fn a_rom_fits_by_its_device_list() {
    let build = Build {
        device: 1,
        devices: vec![2, 0x1111, 3],
        ..Build::default()
    };
    let rom = build.bytes();
    let image = rom::images(&rom).next().unwrap().unwrap();
    assert_eq!(image.device_list().collect::<Vec<_>>(), [2, 0x1111, 3]);
    assert_eq!(word(&rom), "ok");
    assert!(rom::fits(&rom, 0x1234, 1), "the structure's own ID");
    for device in [1, 2, 3, 0x1111] {
        assert!(rom::fits(&rom, 0x1234, device));
        assert!(!rom::fits(&rom, 0x1235, device));
    }
    assert!(!rom::fits(&rom, 0x1234, 0), "the list's end is no entry");
    assert!(!rom::fits(&rom, 0x1234, 4));

    // Before revision 3 the field pointed to something else.
    let old = Build {
        revision: 2,
        ..build.clone()
    }
    .bytes();
    assert_eq!(word(&old), "id-mismatch");
    // What is after the terminating 0 is no part of it.
    let ended = Build {
        devices: vec![2, 0, 0x1111],
        ..build.clone()
    }
    .bytes();
    assert_eq!(word(&ended), "id-mismatch");
    // A list outside of the image, though it is in the ROM, is none.
    let outside = with(build.bytes(), PCIR + 8, &[0xe4, 0x03]);
    let outside = [outside, vec![0x11; 512]].concat();
    assert_eq!(word(&outside), "id-mismatch");
    // A list that runs to the image's end ends there.
    let edge = with(build.bytes(), PCIR + 8, &[0xe2, 0x03]);
    let edge = with(edge, 1022, &[0x11, 0x11]);
    let image = rom::images(&edge).next().unwrap().unwrap();
    assert_eq!(image.device_list().collect::<Vec<_>>(), [0x1111]);
}

#[test]
fn device_list_is_bounded() {
    let mut rom = Build {
        sectors: 16,
        ..Build::default()
    }
    .bytes();
    put(&mut rom, PCIR + 8, &[0x20, 0]);
    rom[PCIR + 0x20..].fill(1);
    let image = rom::images(&rom).next().unwrap().unwrap();
    assert_eq!(image.device_list().count(), rom::MAX_DEVICES);
}

#[test]
fn one_image_for_the_card_is_enough() {
    let other = Build {
        vendor: 0x10ec,
        indicator: 0,
        ..Build::default()
    };
    let ours = Build {
        code: 3,
        ..Build::default()
    };
    assert_eq!(word(&[other.bytes(), ours.bytes()].concat()), "ok");
    let ours = Build {
        indicator: 0,
        ..Build::default()
    };
    let other = Build {
        vendor: 0x10ec,
        code: 3,
        ..Build::default()
    };
    assert_eq!(word(&[ours.bytes(), other.bytes()].concat()), "ok");
}

#[test]
fn a_shadow_that_post_cut_off_can_fit() {
    let rom = dual();
    assert!(rom::fits(&rom[..512], CARD.0, CARD.1));
    assert_eq!(word(&rom[..512]), "truncated");
    assert!(!rom::fits(&vec![0; 0x20000], 0, 0));
}

#[test]
fn faults_tell_where_and_what() {
    let rom = Build {
        indicator: 0,
        ..Build::default()
    }
    .bytes();
    let fault = |rom: &[u8]| rom::images(rom).find_map(Result::err);
    let at = |offset, fault| Some(Broken { offset, fault });
    let next = |bytes: &[u8]| [rom.clone(), bytes.to_vec()].concat();

    assert_eq!(fault(&rom), at(1024, Fault::Header));
    assert_eq!(fault(&next(&[0x55])), at(1024, Fault::Header));
    assert_eq!(fault(&next(&[0x55, 0xaa])), at(1024, Fault::Header));
    assert_eq!(fault(&next(&[0xff; 2])), at(1024, Fault::Signature));
    assert_eq!(
        fault(&with(rom.clone(), 0x18, &[1])),
        at(0, Fault::PcirPointer)
    );
    assert_eq!(
        fault(&with(rom.clone(), PCIR, &[1])),
        at(0, Fault::PcirSignature)
    );
    assert_eq!(
        fault(&with(rom.clone(), PCIR + 0xa, &[1])),
        at(0, Fault::PcirLength)
    );
    assert_eq!(
        fault(&with(rom.clone(), PCIR + 0x10, &[0])),
        at(0, Fault::LengthZero)
    );
    assert_eq!(
        fault(&with(rom.clone(), PCIR + 0x10, &[9])),
        at(0, Fault::PastEnd)
    );
    let outside = Build {
        pcir: 0x380,
        ..Build::default()
    }
    .bytes();
    assert_eq!(
        fault(&with(outside, 0x390, &[1])),
        at(0, Fault::LengthShort)
    );
    assert_eq!(fault(&dual()), None);
}
