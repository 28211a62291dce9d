// SPDX-License-Identifier: GPL-2.0

//! What the kernel, EDK II and SeaBIOS make of odd ROMs, what is kept of them, and which of several
//! captures is taken.

mod build;

use build::{
    extend,
    make_sum_zero,
    put,
    with,
    Build, //
};
use vga_stub_core::rom::{
    self,
    edk2::Driver,
    Extent,
    Signature,
    Status,
    Worth, //
};

/// The card that `Build` makes ROMs for.
const CARD: (u16, u16) = (0x1234, 0x1111);

/// Where the PCI data structure of `Build` is.
const PCIR: usize = 0x1c;

/// A legacy image of two sectors, not the last one.
fn legacy() -> Vec<u8> {
    Build {
        indicator: 0,
        ..Build::default()
    }
    .bytes()
}

/// An EFI image of three sectors, the last one.
fn efi() -> Vec<u8> {
    Build {
        code: 3,
        sectors: 3,
        ..Build::default()
    }
    .bytes()
}

/// An image of NVIDIA's own kind, of two sectors.
fn nvidia(last: bool) -> Vec<u8> {
    Build {
        code: 0xe0,
        nvidia: true,
        indicator: u8::from(last) << 7,
        ..Build::default()
    }
    .bytes()
}

/// Returns how much is kept.
fn kept(rom: &[u8]) -> usize {
    match rom::extent(rom, rom.len()) {
        Extent::End(size) => size,
        Extent::Need(size) => panic!("needs {size} of {}", rom.len()),
    }
}

/// What is made of a ROM.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    /// The word.
    status: &'static str,
    /// How many bytes are kept.
    kept: usize,
    /// How many bytes the kernel shows.
    linux: usize,
    /// Where the images are that EDK II loads.
    edk2: Vec<usize>,
    /// Where the image is that SeaBIOS copies.
    seabios: Option<usize>,
}

/// Returns what is made of a ROM, and checks that the same is made of what is kept.
fn made(rom: &[u8]) -> Made {
    let of = |rom: &[u8], kept| Made {
        status: rom::status(rom, Some(CARD)).as_str(),
        kept,
        linux: rom::linux::size(rom),
        edk2: rom::edk2::images(rom).map(|image| image.offset).collect(),
        seabios: rom::seabios::find(rom, Some(CARD)).map(|image| image.offset),
    };
    let end = kept(rom);
    let whole = of(rom, end);
    if end > 0 {
        assert_eq!(of(&rom[..end], kept(&rom[..end])), whole);
    }
    whole
}

#[test]
fn an_image_behind_a_gap_is_kept() {
    // 1002:6798: a legacy image of 0xf000 bytes that is not the last one, 0x1000 bytes of ff, and an
    // EFI image that is.
    let card = (0x1002, 0x6798);
    let image = |code, sectors, indicator| Build {
        vendor: card.0,
        device: card.1,
        code,
        sectors,
        indicator,
        ..Build::default()
    };
    let legacy = image(0, 0x78, 0).bytes();
    let efi = image(3, 0x50, 0x80).bytes();
    let mut bar = [legacy, vec![0xff; 0x1000], efi].concat();
    assert_eq!(bar.len(), 106_496);
    bar.resize(0x20000, 0xff);

    assert_eq!(kept(&bar), 106_496);
    assert_eq!(rom::status(&bar, Some(card)), Status::Truncated);
    assert_eq!(rom::linux::size(&bar), 0xf000);
    let loaded: Vec<_> = rom::edk2::images(&bar).collect();
    assert_eq!(loaded[1].offset, 0x10000);
    assert_eq!(Driver::new(&loaded[1]), Driver::Native);
    assert_eq!(rom::seabios::find(&bar, Some(card)).unwrap().offset, 0);
    assert!(rom::shown(&bar, card.0, card.1));
    assert_eq!(Worth::new(&bar[..106_496], card.0, card.1), Worth::Shown);
}

/// Every way in which the three differ: what it is, the ROM, and what they make of it.
#[test]
fn three_walks() {
    let padded = |rom: Vec<u8>| with(vec![0xff; 8192], 0, &rom);
    let gap = |sectors: usize| vec![0xff; sectors * 512];
    let far = Build {
        pcir: 0x1e,
        ..Build::default()
    };
    let table: Vec<(&str, Vec<u8>, Made)> = vec![
        (
            "a gap",
            padded([legacy(), gap(3), efi()].concat()),
            Made {
                status: "truncated",
                kept: 8 * 512,
                linux: 1024,
                edk2: vec![0, 2560],
                seabios: Some(0),
            },
        ),
        (
            "a gap at the start",
            padded([gap(1), legacy(), efi()].concat()),
            Made {
                status: "bad-signature",
                kept: 0,
                linux: 0,
                edk2: vec![],
                seabios: None,
            },
        ),
        (
            "a gap up to the end",
            padded(legacy()),
            Made {
                status: "truncated",
                kept: 1024,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "a gap that is no whole number of sectors",
            padded([legacy(), vec![0xff; 100], efi()].concat()),
            Made {
                status: "truncated",
                kept: 1024,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "a signature in the gap, and nothing behind it",
            padded([legacy(), with(gap(1), 0, &[0x55, 0xaa]), efi()].concat()),
            Made {
                status: "truncated",
                kept: 1024,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "a gap, and an image that goes past the end",
            [legacy(), gap(1), efi()[..1024].to_vec()].concat(),
            Made {
                status: "truncated",
                kept: 1024,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "an image of NVIDIA's, the last one",
            padded([legacy(), nvidia(true)].concat()),
            Made {
                status: "ok",
                kept: 2048,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "an image of NVIDIA's, then an EFI image",
            padded([legacy(), nvidia(false), efi()].concat()),
            Made {
                status: "ok",
                kept: 7 * 512,
                linux: 1024,
                edk2: vec![0, 2048],
                seabios: Some(0),
            },
        ),
        (
            "an image of NVIDIA's, not the last one, then nothing",
            padded([legacy(), nvidia(false)].concat()),
            Made {
                status: "truncated",
                kept: 2048,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "an image of NVIDIA's only",
            padded(nvidia(true)),
            Made {
                status: "bad-signature",
                kept: 0,
                linux: 0,
                edk2: vec![],
                seabios: None,
            },
        ),
        (
            "a PCI data structure at an odd place",
            padded(far.bytes()),
            Made {
                status: "no-pcir",
                kept: 1024,
                linux: 0,
                edk2: vec![],
                seabios: Some(0),
            },
        ),
        (
            "the same in the second image",
            padded(
                [
                    with(legacy(), PCIR + 6, &[0x12]),
                    far.bytes(),
                    vec![0xff; 512],
                ]
                .concat(),
            ),
            Made {
                status: "truncated",
                kept: 2048,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(1024),
            },
        ),
        (
            "a PCI data structure without a length",
            padded(with([legacy(), efi()].concat(), PCIR + 0xa, &[0, 0])),
            Made {
                status: "no-pcir",
                kept: 5 * 512,
                linux: 0,
                edk2: vec![0, 1024],
                seabios: Some(0),
            },
        ),
        (
            "a PCI data structure outside of its image",
            padded(with(
                [
                    Build {
                        pcir: 0x300,
                        indicator: 0,
                        ..Build::default()
                    }
                    .bytes(),
                    efi(),
                ]
                .concat(),
                0x310,
                &[1],
            )),
            Made {
                status: "truncated",
                kept: 2560,
                linux: 512,
                edk2: vec![0, 1024],
                seabios: Some(0),
            },
        ),
        (
            "the second image without a length",
            padded(with([legacy(), efi()].concat(), 1024 + PCIR + 0x10, &[0])),
            Made {
                status: "truncated",
                kept: 1536,
                linux: 1024,
                edk2: vec![0],
                seabios: Some(0),
            },
        ),
        (
            "the first image for another device",
            padded([with(legacy(), PCIR + 6, &[0x12]), Build::default().bytes()].concat()),
            Made {
                status: "bad-checksum",
                kept: 2048,
                linux: 2048,
                edk2: vec![0, 1024],
                seabios: Some(1024),
            },
        ),
    ];
    for (what, rom, expected) in table {
        assert_eq!(made(&rom), expected, "{what}");
    }
}

#[test]
fn an_image_for_every_device_fits() {
    let any = Build {
        vendor: 0x8086,
        device: rom::ANY_DEVICE,
        code: 3,
        ..Build::default()
    }
    .bytes();
    assert_eq!(rom::status(&any, Some((0x8086, 0x46a6))), Status::Ok);
    assert_eq!(
        rom::status(&any, Some((0x8087, 0x46a6))),
        Status::IdMismatch
    );
    // SeaBIOS and QEMU do not know of it.
    let any = with(any, PCIR + 0x14, &[0]);
    assert!(rom::seabios::find(&any, Some((0x8086, 0x46a6))).is_none());
    assert!(rom::seabios::find(&any, Some((0x8086, 0xffff))).is_some());
    assert!(rom::seabios::find(&any, None).is_some());
    // One bit less is a device.
    let other = with(any, PCIR + 6, &[0xfe]);
    assert!(!rom::fits(&other, 0x8086, 0x46a6));
}

#[test]
fn an_image_behind_a_gap_can_be_the_one_that_fits() {
    let other = Build {
        vendor: 1,
        indicator: 0,
        ..Build::default()
    };
    let rom = [other.bytes(), vec![0xff; 512], efi()].concat();
    assert!(rom::fits(&rom, CARD.0, CARD.1));
    assert!(!rom::fits(&rom[..2048], CARD.0, CARD.1));
    assert_eq!(Worth::new(&rom, CARD.0, CARD.1), Worth::Part);
    // But the kernel shows the other one.
    assert!(!rom::shown(&rom, CARD.0, CARD.1));
}

#[test]
fn nvidias_extension_says_how_long_its_images_are() {
    let long = |last: bool| {
        let mut image = nvidia(!last);
        put(&mut image, PCIR + 0x10, &[1, 0]);
        extend(&mut image, 2, last);
        image
    };
    let rom = [legacy(), long(false), long(true), vec![0xff; 512]].concat();
    let images: Vec<_> = rom::images(&rom).map(Result::unwrap).collect();
    let found: Vec<_> = images
        .iter()
        .map(|image| (image.offset, image.length, image.last, image.signature))
        .collect();
    assert_eq!(
        found,
        [
            (0, 1024, false, Signature::Standard),
            (1024, 1024, false, Signature::Nvidia),
            (2048, 1024, true, Signature::Nvidia)
        ]
    );
    assert_eq!(kept(&rom), 3072);
    // Without a length it says nothing.
    let mut none = nvidia(true);
    extend(&mut none, 0, false);
    assert_eq!(rom::status(&[legacy(), none].concat(), None), Status::Ok);
    // 0x70 is the last one, whatever is said.
    let nbsi = Build {
        code: 0x70,
        nvidia: true,
        indicator: 0,
        ..Build::default()
    };
    let rom = [legacy(), nbsi.bytes()].concat();
    assert_eq!(rom::status(&rom, None), Status::Ok);
    // A standard image goes by the standard, whatever the extension says.
    let mut first = legacy();
    extend(&mut first, 9, true);
    make_sum_zero(&mut first);
    assert_eq!(rom::status(&[first, efi()].concat(), None), Status::Ok);
    // PCIR will do for the structure's signature, no signature will not.
    let pcir = with(nvidia(true), PCIR, b"PCIR");
    assert_eq!(rom::status(&[legacy(), pcir].concat(), None), Status::Ok);
    let other = with(nvidia(true), PCIR, b"NPDE");
    assert_eq!(
        rom::status(&[legacy(), other].concat(), None),
        Status::Truncated
    );
}

#[test]
fn drivers() {
    let driver = |at, bytes: &[u8]| {
        let rom = with(efi(), at, bytes);
        let image = rom::edk2::images(&rom).next().unwrap();
        Driver::new(&image)
    };
    let table = [
        ("as made", 0, &[0x55][..], Driver::Native),
        ("runtime driver", 8, &[12], Driver::Native),
        ("application", 8, &[10], Driver::Subsystem),
        ("EFI byte code", 0xa, &[0xbc, 0x0e], Driver::ByteCode),
        ("AArch64", 0xa, &[0x64, 0xaa], Driver::Machine),
        ("IA32", 0xa, &[0x4c, 0x01], Driver::Machine),
        ("signature", 4, &[0], Driver::Signature),
        ("not compressed", 0xc, &[0], Driver::Native),
        ("compression", 0xc, &[2], Driver::Compression),
        ("longer than the image", 2, &[4], Driver::Length),
        ("program at the end", 0x16, &[0xff, 5], Driver::Native),
        ("program outside", 0x16, &[0, 6], Driver::Program),
        ("legacy", PCIR + 0x14, &[0], Driver::NotEfi),
    ];
    for (what, at, bytes, expected) in table {
        assert_eq!(driver(at, bytes), expected, "{what}");
        let runs = matches!(expected, Driver::Native | Driver::ByteCode);
        assert_eq!(expected.runs(), runs, "{what}");
    }
}

#[test]
fn a_long_gap_takes_few_reads() {
    let mut bar = vec![0xff; 16 << 20];
    put(&mut bar, 0, &legacy());
    let end = bar.len() - 1536;
    put(&mut bar, end, &efi());
    let (mut read, mut calls) = (0, 0);
    let size = loop {
        calls += 1;
        match rom::extent(&bar[..read], bar.len()) {
            Extent::Need(more) => read = more,
            Extent::End(size) => break size,
        }
    };
    assert_eq!(size, bar.len());
    assert!(calls <= rom::MAX_READS, "{calls}");
}

#[test]
fn what_the_kernel_shows_is_in_order() {
    let shown = |rom: &[u8]| rom::shown(rom, CARD.0, CARD.1);
    let both = || [legacy(), efi()].concat();
    assert!(shown(&both()));
    assert!(
        shown(&legacy()),
        "no last image, but nothing that the kernel misses"
    );
    assert!(shown(&[legacy(), vec![0xff; 512], efi()].concat()));
    assert!(shown(&[legacy(), nvidia(true)].concat()));
    assert!(!shown(&[]));
    assert!(!shown(&vec![0xff; 4096]));
    assert!(!shown(&with(both(), PCIR, b"?")), "no PCIR");
    assert!(!shown(&with(both(), 1023, &[0x42])), "checksum");
    assert!(!shown(&with(legacy(), 1023, &[0x42])), "checksum");
    assert!(!shown(&both()[..2048]), "the EFI image is cut");
    assert!(!rom::shown(&both(), 0x1002, 0x1111), "another card's");
    assert!(!rom::shown(&legacy(), 0x1002, 0x1111), "another card's");
    // The second image has no length: the kernel shows the first one.
    assert!(shown(&with(both(), 1024 + PCIR + 0x10, &[0])));
    // Longer by its header than by its data structure: so is the shadow.
    let mut long = with(Build::default().bytes(), PCIR + 0x10, &[1]);
    make_sum_zero(&mut long);
    assert!(shown(&long));
}

#[test]
fn the_better_capture_is_taken() {
    let worth = |rom: &[u8]| Worth::new(rom, CARD.0, CARD.1);
    let both = || [legacy(), efi()].concat();
    let other = Build {
        vendor: 0x10ec,
        ..Build::default()
    };
    let table = [
        ("nothing", vec![], Worth::Nothing),
        ("another card's", other.bytes(), Worth::Foreign),
        (
            "another card's, cut",
            other.bytes()[..1000].to_vec(),
            Worth::Foreign,
        ),
        ("an ISA card's", with(legacy(), PCIR, b"?"), Worth::Unknown),
        ("cut", both()[..2000].to_vec(), Worth::Part),
        ("changed", with(both(), 1023, &[0x42]), Worth::Changed),
        ("not last", both()[..1024].to_vec(), Worth::Shown),
        ("whole", both(), Worth::Whole),
    ];
    for (what, rom, expected) in &table {
        assert_eq!(worth(rom), *expected, "{what}");
    }
    // The order is that of the table; the first of two that are equal stays.
    let mut values = table.map(|(_, _, value)| value).to_vec();
    values.dedup();
    assert_eq!(values.len(), 7);
    for (at, new) in values.iter().enumerate() {
        for (before, best) in values.iter().enumerate() {
            assert_eq!(new.replaces(false, *best), at > before, "{new:?} {best:?}");
            let allowed = at > before && *best < Worth::Part;
            assert_eq!(new.replaces(true, *best), allowed, "{new:?} {best:?}");
        }
    }
}

#[test]
fn a_rom_is_found_in_a_dump() {
    let both = || [legacy(), efi()].concat();
    let broken = || [legacy(), vec![0; 300]].concat();
    let find = rom::dump::find;
    assert_eq!(find(&[]), None);
    assert_eq!(find(&[0x55]), None);
    assert_eq!(find(&vec![0xff; 4096]), None);
    assert_eq!(find(&both()), Some(0));
    for at in [1, 511, 512, 600, 4099] {
        let dump = [vec![0x55; at], both(), vec![0xff; 100]].concat();
        assert_eq!(find(&dump), Some(at));
        // A whole one goes before a broken one, a broken one before nothing.
        let dump = [vec![0xaa; at], broken(), both()].concat();
        assert_eq!(find(&dump), Some(at + 1324));
        assert_eq!(find(&dump[..at + 1324]), Some(at));
    }
    // No more places are tried than these.
    let one = with(legacy()[..512].to_vec(), PCIR + 0x10, &[1]);
    let one = [one, vec![0; 4]].concat();
    let many = |count| [one.repeat(count), both()].concat();
    assert_eq!(find(&many(3)), Some(3 * 516));
    assert_eq!(
        find(&many(rom::dump::MAX_PLACES - 1)),
        Some((rom::dump::MAX_PLACES - 1) * 516)
    );
    assert_eq!(find(&many(rom::dump::MAX_PLACES)), Some(0));

    assert_eq!(rom::dump::Header::new(b"NVGI\0"), rom::dump::Header::Nvidia);
    assert_eq!(rom::dump::Header::new(b"NVG"), rom::dump::Header::Other);
    assert!(rom::dump::is_padding(&[0xff; 3]) && rom::dump::is_padding(&[0; 3]));
    assert!(!rom::dump::is_padding(&[0xff, 0]) && !rom::dump::is_padding(&[1; 3]));
}

#[test]
fn a_dump_that_was_cut_is_told_from_a_broken_one() {
    let both = [legacy(), efi()].concat();
    let cut = |rom: &[u8]| rom::dump::cut(rom).map(|cut| cut.image.map(|image| image.offset));
    assert_eq!(cut(&both), None);
    assert_eq!(cut(&[]), None);
    for size in [513, 1023] {
        assert_eq!(cut(&both[..size]), Some(Some(0)));
    }
    for size in [1024, 1025, 1024 + PCIR] {
        assert_eq!(cut(&both[..size]), Some(None), "{size}");
    }
    assert_eq!(cut(&both[..1024 + 0x38]), Some(Some(1024)));
    // Broken where there is more.
    assert_eq!(cut(&[legacy(), vec![0xff; 512]].concat()), None);
    assert_eq!(cut(&with(both.clone(), 1024 + PCIR, b"?")), None);
    assert_eq!(cut(&with(both.clone(), 1024 + 0x18, &[1])), None);
    assert_eq!(cut(&with(both, PCIR + 0x10, &[0])), None);
}

#[test]
fn the_chain_as_nvidias_drivers_follow_it() {
    let extended = |mut image: Vec<u8>, sectors, last| {
        extend(&mut image, sectors, last);
        image
    };
    let rom = [
        extended(legacy(), 2, false),
        extended(efi(), 3, false),
        extended(nvidia(false), 2, false),
        extended(nvidia(false), 2, true),
        vec![0xff; 512],
    ]
    .concat();
    let offsets =
        |rom: &[u8]| -> Vec<_> { rom::nvidia::images(rom).map(|image| image.offset).collect() };
    assert_eq!(offsets(&rom), [0, 1024, 2560, 3584]);
    // By the standard, the EFI image is the last one.
    assert_eq!(rom::images(&rom).count(), 2);
    assert_eq!(kept(&rom), 2560);
    assert_eq!(offsets(&rom[..4607]), [0, 1024, 2560]);
    // Without the extension, the structure's own word counts.
    assert_eq!(
        offsets(&[legacy(), efi(), nvidia(true)].concat()),
        [0, 1024]
    );
    assert!(offsets(&[]).is_empty());
}
