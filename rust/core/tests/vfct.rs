// SPDX-License-Identifier: GPL-2.0

//! AMD's VFCT table at every limit, and whatever else firmware may put there.

mod build;

use build::vfct::{
    table,
    Content, //
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select, //
};
use vga_stub_core::vfct::{
    self,
    Card,
    Fault,
    Image, //
};

/// The card that is looked for.
const CARD: Card = Card {
    vendor: 0x1002,
    device: 0x1638,
    bus: 4,
    slot: 0,
    function: 0,
};

/// An image for the card, at the bus that the firmware knew.
fn image(bus: u32, bytes: &[u8]) -> Content {
    Content {
        bus,
        bytes: bytes.to_vec(),
        ..Content::default()
    }
}

/// Returns the bytes that are found.
fn find<'a>(table: &'a [u8], card: &Card) -> Result<&'a [u8], Fault> {
    vfct::find(table, card).map(|image| &table[image.range])
}

#[test]
fn the_image_of_the_card_is_found() {
    let one = table(&[image(4, b"one")]);
    assert_eq!(find(&one, &CARD), Ok(&b"one"[..]));
    let found = Image {
        vendor: 0x1002,
        device: 0x1638,
        subvendor: 0x17aa,
        subdevice: 0x3a61,
        bus: 4,
        slot: 0,
        function: 0,
        range: 0x4c + 0x1c..0x4c + 0x1c + 3,
    };
    assert_eq!(vfct::find(&one, &CARD), Ok(found));

    let other = Content {
        device: 0x731f,
        ..image(4, b"other")
    };
    let two = table(&[other.clone(), image(4, b"mine")]);
    assert_eq!(find(&two, &CARD), Ok(&b"mine"[..]));
    let card = Card {
        device: 0x731f,
        ..CARD
    };
    assert_eq!(find(&two, &card), Ok(&b"other"[..]));
}

#[test]
fn ids_device_and_function_must_be_the_cards() {
    let mine = table(&[image(4, b"mine")]);
    for card in [
        Card {
            vendor: 0x10de,
            ..CARD
        },
        Card {
            device: 0x1639,
            ..CARD
        },
        Card { slot: 1, ..CARD },
        Card {
            function: 1,
            ..CARD
        },
    ] {
        assert_eq!(find(&mine, &card), Err(Fault::NoImage), "{card:?}");
    }
    // Numbers that only fit when they are cut to eight bits.
    for other in [
        Content {
            slot: 0x100,
            ..image(4, b"mine")
        },
        Content {
            function: 0x100,
            ..image(4, b"mine")
        },
    ] {
        assert_eq!(find(&table(&[other]), &CARD), Err(Fault::NoImage));
    }
}

#[test]
fn the_bus_number_chooses_among_several() {
    // The kernel gave other numbers than the firmware.
    assert_eq!(find(&table(&[image(9, b"mine")]), &CARD), Ok(&b"mine"[..]));
    assert_eq!(
        find(&table(&[image(0x104, b"mine")]), &CARD),
        Ok(&b"mine"[..])
    );
    // Twins: the one at the card's bus, wherever it stands.
    let twins = [image(9, b"twin"), image(4, b"mine")];
    assert_eq!(find(&table(&twins), &CARD), Ok(&b"mine"[..]));
    let twins = [image(4, b"mine"), image(9, b"twin")];
    assert_eq!(find(&table(&twins), &CARD), Ok(&b"mine"[..]));
    // Two for the same place: the first, as amdgpu has it.
    let both = [image(4, b"first"), image(4, b"second")];
    assert_eq!(find(&table(&both), &CARD), Ok(&b"first"[..]));
    // None at the card's bus: only if it does not matter which one is taken.
    let twins = [image(8, b"twin"), image(9, b"mine")];
    assert_eq!(find(&table(&twins), &CARD), Err(Fault::Ambiguous));
    let twins = [image(8, b"same"), image(9, b"same")];
    assert_eq!(find(&table(&twins), &CARD), Ok(&b"same"[..]));
    // 0x104 is no bus number.
    let twins = [image(8, b"twin"), image(0x104, b"mine")];
    assert_eq!(find(&table(&twins), &CARD), Err(Fault::Ambiguous));
}

#[test]
fn an_empty_image_is_passed_over() {
    let images = [image(4, b""), image(9, b"mine")];
    assert_eq!(find(&table(&images), &CARD), Ok(&b"mine"[..]));
    let empty = table(&[image(4, b"")]);
    assert_eq!(find(&empty, &CARD), Err(Fault::NoImage));
    assert_eq!(vfct::images(&empty).count(), 1);
}

#[test]
fn the_library_is_no_image() {
    let mut with_library = table(&[image(9, b"mine"), image(9, b"library")]);
    assert_eq!(find(&with_library, &CARD), Err(Fault::Ambiguous));
    let library = (0x4c + 0x1c + 4u32).to_le_bytes();
    build::put(&mut with_library, 0x38, &library);
    assert_eq!(find(&with_library, &CARD), Ok(&b"mine"[..]));
    assert_eq!(vfct::images(&with_library).count(), 1);
}

/// Every odd table: what it is, its bytes, what is wrong.
#[test]
fn odd_tables() {
    let good = || table(&[image(4, b"mine")]);
    let with = build::with;
    let of_length = |length: u32| with(good(), 4, &length.to_le_bytes());
    let at = |offset: u32| with(good(), 0x34, &offset.to_le_bytes());
    let size = good().len() as u32;
    let cases: Vec<(&str, Vec<u8>, Fault)> = vec![
        ("nothing", vec![], Fault::Signature),
        ("three bytes", b"VFC".to_vec(), Fault::Signature),
        ("another table", with(good(), 0, b"VFCU"), Fault::Signature),
        ("signature only", b"VFCT".to_vec(), Fault::TableLength),
        (
            "cut in its length",
            good()[..7].to_vec(),
            Fault::TableLength,
        ),
        (
            "cut in its header",
            good()[..0x4b].to_vec(),
            Fault::TableLength,
        ),
        (
            "length of a header less 1",
            of_length(0x4b),
            Fault::TableLength,
        ),
        ("a header and no more", of_length(0x4c), Fault::Offset),
        ("length 0", of_length(0), Fault::TableLength),
        (
            "length past the end",
            of_length(size + 1),
            Fault::TableLength,
        ),
        ("longest length", of_length(u32::MAX), Fault::TableLength),
        ("image in the header", at(0x4b), Fault::Offset),
        ("no image", at(0), Fault::Offset),
        ("image at the end", at(size), Fault::Offset),
        ("image past the end", at(u32::MAX), Fault::Offset),
        ("image at the last byte", at(size - 1), Fault::ImageHeader),
        (
            "header cut by a byte",
            of_length(0x4c + 0x1b),
            Fault::ImageHeader,
        ),
        (
            "image cut by a byte",
            of_length(size - 1),
            Fault::ImageLength,
        ),
        (
            "longest image",
            with(good(), 0x4c + 0x18, &[0xff; 4]),
            Fault::ImageLength,
        ),
        (
            "image longer by a byte",
            with(good(), 0x4c + 0x18, &[5]),
            Fault::ImageLength,
        ),
    ];
    for (what, bytes, fault) in cases {
        assert_eq!(find(&bytes, &CARD), Err(fault), "{what}");
        let last = vfct::images(&bytes).last();
        assert_eq!(last, Some(Err(fault)), "{what}");
    }
    // An empty image that ends with the table.
    let edge = with(of_length(0x4c + 0x1c), 0x4c + 0x18, &[0]);
    assert_eq!(find(&edge, &CARD), Err(Fault::NoImage));
    // What follows the table is none of it.
    let longer = [good(), table(&[image(4, b"after")])].concat();
    assert_eq!(vfct::images(&longer).count(), 1);
}

#[test]
fn of_a_broken_table_the_first_images_count() {
    let images = [image(9, b"mine"), image(4, b"cut")];
    let mut broken = table(&images);
    broken.pop();
    let length = (broken.len() as u32).to_le_bytes();
    build::put(&mut broken, 4, &length);
    assert_eq!(find(&broken, &CARD), Ok(&b"mine"[..]));
    let card = Card {
        device: 0x731f,
        ..CARD
    };
    assert_eq!(find(&broken, &card), Err(Fault::ImageLength));
}

#[test]
fn the_number_of_images_is_bounded() {
    let other = Content {
        device: 1,
        ..image(4, b"?")
    };
    let mut images = vec![other; vfct::MAX_IMAGES - 1];
    images.push(image(4, b"last"));
    assert_eq!(find(&table(&images), &CARD), Ok(&b"last"[..]));
    images.insert(0, images[0].clone());
    assert_eq!(find(&table(&images), &CARD), Err(Fault::TooMany));
    assert_eq!(vfct::images(&table(&images)).count(), vfct::MAX_IMAGES + 1);
}

#[test]
fn faults_say_what_is_wrong() {
    let cases = [
        (Fault::Signature, "VFCT"),
        (Fault::TableLength, "shorter"),
        (Fault::Offset, "points to no image"),
        (Fault::ImageHeader, "within an image's header"),
        (Fault::ImageLength, "within an image"),
        (Fault::TooMany, "too many"),
        (Fault::NoImage, "no image for this card"),
        (Fault::Ambiguous, "several images"),
    ];
    for (fault, part) in cases {
        assert!(fault.message().contains(part), "{fault:?}");
    }
}

/// `amdgpu_acpi_vfct_bios()` of drivers/gpu/drm/amd/amdgpu/amdgpu_bios.c in Linux 7.2, up to where
/// it looks into the image: the place of the first image that is for the card.
fn amdgpu(table: &[u8], card: &Card) -> Option<(usize, usize)> {
    let value = |at: usize, size: usize| {
        let bytes = &table[at..at + size];
        bytes
            .iter()
            .rev()
            .fold(0u64, |value, &byte| (value << 8) | u64::from(byte))
    };
    let length = value(4, 4) as usize;
    if length < 0x4c {
        return None;
    }
    let mut offset = value(0x34, 4) as usize;
    while offset < length {
        let header = offset;
        offset += 0x1c;
        if offset > length {
            return None;
        }
        let image = value(header + 0x18, 4) as usize;
        offset += image;
        if offset > length {
            return None;
        }
        let matches = value(header + 0xc, 2) == u64::from(card.vendor)
            && value(header + 0xe, 2) == u64::from(card.device)
            && value(header + 4, 4) == u64::from(card.slot)
            && value(header + 8, 4) == u64::from(card.function);
        if image > 0 && matches {
            return Some((offset - image, offset));
        }
    }
    None
}

/// What a table may hold.
fn contents() -> impl Strategy<Value = Vec<Content>> {
    let content = (
        select(vec![4, 4, 9, 0, 0x104]),
        select(vec![0, 0, 0, 1]),
        select(vec![0, 0, 0, 1]),
        select(vec![0x1638, 0x1638, 0x731f]),
        select(vec![&b"one"[..], b"two", b""]),
    )
        .prop_map(|(bus, slot, function, device, bytes)| Content {
            slot,
            function,
            device,
            ..image(bus, bytes)
        });
    vec(content, 1..6)
}

/// A table, damaged in a few places: mostly where it hurts.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let place = prop_oneof![
        2 => select(vec![0usize, 3, 4, 5, 7, 0x34, 0x35, 0x37, 0x38]),
        2 => 0x4c..0x68usize,
        1 => 0..200usize,
    ];
    let byte = prop_oneof![
        2 => select(vec![0u8, 1, 0x1b, 0x1c, 0x4b, 0x4c, 0x67, 0x68, 0x80, 0xff]),
        1 => any::<u8>(),
    ];
    (contents(), vec((place, byte), 0..4), 0..40usize).prop_map(|(contents, changes, cut)| {
        let mut table = table(&contents);
        for (at, byte) in changes {
            build::put(&mut table, at, &[byte]);
        }
        table.truncate(table.len().saturating_sub(cut));
        table
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 4000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Of a right table, what amdgpu takes is what we take, unless another one is at the card's
    /// bus; and we take none only where amdgpu takes whichever comes first.
    #[test]
    fn as_amdgpu_has_it(contents in contents()) {
        let table = table(&contents);
        let theirs = amdgpu(&table, &CARD);
        match vfct::find(&table, &CARD) {
            Ok(ours) if ours.bus == CARD.bus.into() => prop_assert!(theirs.is_some()),
            Ok(ours) => prop_assert_eq!(Some((ours.range.start, ours.range.end)), theirs),
            Err(Fault::NoImage) => prop_assert_eq!(theirs, None),
            Err(fault) => {
                prop_assert_eq!(fault, Fault::Ambiguous);
                prop_assert!(theirs.is_some());
            }
        }
    }

    /// Whatever the bytes: what is found is in the table, for the card, and no more is walked than
    /// what is allowed.
    #[test]
    fn whatever_the_bytes(table in damaged()) {
        let images: Vec<_> = vfct::images(&table).collect();
        prop_assert!(images.len() <= vfct::MAX_IMAGES + 1);
        let mut before = 0x4c;
        let last = images.len().saturating_sub(1);
        for (index, image) in images.iter().enumerate() {
            match image {
                Ok(image) => {
                    prop_assert!(image.range.start >= before + 0x1c);
                    prop_assert!(image.range.end <= table.len());
                    before = image.range.end;
                }
                Err(_) => prop_assert_eq!(index, last),
            }
        }
        if let Ok(found) = vfct::find(&table, &CARD) {
            prop_assert!(!found.range.is_empty());
            prop_assert_eq!((found.vendor, found.device), (CARD.vendor, CARD.device));
            prop_assert_eq!((found.slot, found.function), (0, 0));
            prop_assert!(images.contains(&Ok(found)));
        }
    }

    /// Noise behind the first fields.
    #[test]
    fn noise(bytes in vec(any::<u8>(), 0x48..600), first in 0x4c..0x80u8) {
        let mut table = [&b"VFCT"[..], &bytes].concat();
        let length = (table.len() as u32).to_le_bytes();
        build::put(&mut table, 4, &length);
        build::put(&mut table, 0x34, &[first, 0, 0, 0]);
        prop_assert!(vfct::find(&table, &CARD).is_err());
        prop_assert!(vfct::images(&table).count() <= vfct::MAX_IMAGES + 1);
    }
}

/// A table of 1 MiB that is random but for its header, with many seeds.
#[test]
fn a_mebibyte_of_noise() {
    for seed in 1..=16_u32 {
        let mut state = seed;
        let mut table: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[1]
        })
        .take(1 << 20)
        .collect();
        table[..4].copy_from_slice(b"VFCT");
        table[4..8].copy_from_slice(&(1_u32 << 20).to_le_bytes());
        table[0x34..0x38].copy_from_slice(&0x4c_u32.to_le_bytes());
        // Images of up to 64 KiB, so that the walk goes on.
        table[0x4c + 0x1a..0x4c + 0x1c].fill(0);
        assert!(vfct::images(&table).count() <= vfct::MAX_IMAGES + 1);
        assert!(vfct::find(&table, &CARD).is_err(), "seed {seed}");
    }
}
