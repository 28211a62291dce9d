// SPDX-License-Identifier: GPL-2.0

//! What holds for every text and every ROM: random ones, and right ones that were damaged.

mod build;

use build::{
    put,
    Build, //
};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select, //
};
use vga_stub_core::{
    ids::{
        self,
        Field,
        Id,
        ANY_ID, //
    },
    rom::{
        self,
        edk2::Driver,
        CodeType,
        Extent,
        Signature,
        Status, //
    },
};

/// How many cases are tried. Failing ones are printed, not written to a file.
fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A little-endian value, as readw() and readl() give it.
fn value<const N: usize>(rom: &[u8], at: usize) -> usize {
    rom[at..at + N]
        .iter()
        .rev()
        .fold(0, |value, &byte| (value << 8) | usize::from(byte))
}

/// `pci_get_rom_size()` of drivers/pci/rom.c in Linux 7.2, line by line: a ROM mapped at an aligned
/// address, with offsets for pointers.
fn kernel_rom_size(rom: &[u8]) -> usize {
    let size = rom.len();
    let header_valid =
        |image: usize| image % 512 == 0 && image + 0x1a <= size && value::<2>(rom, image) == 0xaa55;
    let data_struct_valid = |pds: usize| {
        if pds % 4 != 0 || pds + 0xa + 1 >= size || value::<4>(rom, pds) != 0x52494350 {
            return false;
        }
        let data_len = value::<2>(rom, pds + 0xa);
        (0x18..0xffff).contains(&data_len) && pds + data_len <= size
    };
    let mut image = 0;
    loop {
        if !header_valid(image) {
            break;
        }
        let pds = image + value::<2>(rom, image + 0x18);
        if !data_struct_valid(pds) {
            break;
        }
        let last_image = rom[pds + 0x15] & 0x80 != 0;
        let length = value::<2>(rom, pds + 0x10);
        image += length * 512;
        if !last_image && !header_valid(image) {
            break;
        }
        if length == 0 || last_image {
            break;
        }
    }
    image.min(size)
}

/// A PCI data structure's fields: offset 4 (vendor), 6 (device), 0x10, 0x14, 0x15.
fn pcir_fields(rom: &[u8], pcir: usize) -> (u16, u16, usize, u8, bool) {
    (
        value::<2>(rom, pcir + 4) as u16,
        value::<2>(rom, pcir + 6) as u16,
        value::<2>(rom, pcir + 0x10) * 512,
        rom[pcir + 0x14],
        rom[pcir + 0x15] & 0x80 != 0,
    )
}

/// `LoadOpRomImage()` of EDK II's PciOptionRomSupport.c, line by line: where the images are that
/// are loaded. One without length counts for nothing, and ends it: the firmware hangs there, or
/// it is the last one.
fn edk2_images(rom: &[u8]) -> Vec<usize> {
    let rom_size = rom.len();
    let mut images = Vec::new();
    let mut rom_image_size = 0;
    let mut first_check = true;
    loop {
        let header = rom_image_size;
        let mut indicator = false;
        // A ROM BAR ends with a sector; what is past the end of a file is no header.
        if header + 0x1a > rom_size || value::<2>(rom, header) != 0xaa55 {
            if first_check {
                break;
            }
            rom_image_size += 512;
        } else {
            first_check = false;
            let offset_pcir = value::<2>(rom, header + 0x18);
            if offset_pcir == 0 || offset_pcir & 3 != 0 || header + offset_pcir + 24 > rom_size {
                break;
            }
            if value::<4>(rom, header + offset_pcir) != 0x52494350 {
                break;
            }
            let (_, _, length, _, last) = pcir_fields(rom, header + offset_pcir);
            if header + length > rom_size || length == 0 {
                break;
            }
            images.push(header);
            indicator = last;
            rom_image_size += length;
        }
        if indicator || rom_image_size >= rom_size {
            break;
        }
    }
    images
}

/// `map_pcirom()` of SeaBIOS's optionroms.c, line by line: where the image is that is copied.
fn seabios_image(rom: &[u8], vendor: u16, device: u16) -> Option<usize> {
    let mut image = 0;
    loop {
        if image + 0x1a > rom.len() || value::<2>(rom, image) != 0xaa55 {
            return None;
        }
        let pcir = image + value::<2>(rom, image + 0x18);
        if pcir + 24 > rom.len() || value::<4>(rom, pcir) != 0x52494350 {
            return None;
        }
        let (vendor_id, device_id, length, code, last) = pcir_fields(rom, pcir);
        if (vendor_id, device_id, code) == (vendor, device, 0) {
            return Some(image);
        }
        // It would look at the same image for ever.
        if last || length == 0 {
            return None;
        }
        image += length;
    }
}

/// An image that is right but for its place in the chain.
fn image() -> impl Strategy<Value = Build> {
    (
        select(vec![0x1234, 0x1002]),
        select(vec![0x1111, 0x2222, 0, 0xffff]),
        vec(1..4u16, 0..4),
        select(vec![0, 3]),
        select(vec![0, 0, 1, 2, 3, 3, 0xe0]),
        1..5u16,
        select(vec![0x1c, 0x1c, 0x40, 0x180]),
    )
        .prop_map(
            |(vendor, device, devices, revision, code, sectors, pcir)| Build {
                vendor,
                device,
                devices,
                revision,
                code,
                sectors,
                pcir,
                ..Build::default()
            },
        )
}

/// A chain with one last image.
fn chain() -> impl Strategy<Value = Vec<Build>> {
    vec(image(), 1..5).prop_map(|mut images| {
        let last = images.len() - 1;
        for image in &mut images[..last] {
            image.indicator = 0;
        }
        images
    })
}

/// Returns a chain's bytes.
fn bytes(chain: &[Build]) -> Vec<u8> {
    chain.iter().flat_map(Build::bytes).collect()
}

/// A chain of which images may be NVIDIA's own, with gaps.
fn odd_chain() -> impl Strategy<Value = Vec<u8>> {
    let odd = (
        image(),
        select(vec![false, false, false, true]),
        select(vec![0, 0x80, 0x80]),
        select(vec![0, 0, 0, 1, 2, 5]),
        select(vec![0x1c, 0x1c, 0x1d, 0x1e, 0x3e4]),
    );
    vec(odd, 1..5).prop_map(|images| {
        let mut rom = Vec::new();
        for (build, nvidia, last, gap, pcir) in images {
            let build = Build {
                nvidia: nvidia && !rom.is_empty(),
                indicator: last,
                pcir,
                ..build
            };
            rom.extend(build.bytes());
            rom.extend(vec![0xff; gap * 512]);
        }
        rom
    })
}

/// A chain in a ROM BAR that is larger, smaller or as large, damaged in a few places: mostly where
/// it hurts.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let place = prop_oneof![
        4 => (0..8usize, select(vec![0, 1, 2, 3, 4, 0x18, 0x19])),
        4 => (0..8usize, 0x1c..0x34usize),
        1 => (0..16usize, 0..512usize),
    ];
    let byte = prop_oneof![
        2 => select(vec![0u8, 1, 2, 3, 4, 8, 0x1c, 0x7f, 0x80, 0x55, 0xaa, 0xff]),
        1 => any::<u8>(),
    ];
    (
        prop_oneof![chain().prop_map(|chain| bytes(&chain)), odd_chain()],
        vec((place, byte), 0..4),
        select(vec![0, 1, 512, 2048]),
        0..1200usize,
    )
        .prop_map(|(mut rom, damage, more, fewer)| {
            for ((sector, at), byte) in damage {
                put(&mut rom, sector * 512 + at, &[byte]);
            }
            let size = if more == 0 {
                rom.len().saturating_sub(fewer)
            } else {
                rom.len() + more
            };
            rom.resize(size, 0xff);
            rom
        })
}

/// Anything that may be in a ROM BAR.
fn any_rom() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => damaged(),
        1 => vec(any::<u8>(), 0..2048),
        1 => vec(select(vec![0, 0x55, 0xaa, 0x1c, 0xff]), 0..1024),
    ]
}

/// The IDs of a card that one of the images may be for.
fn ids() -> impl Strategy<Value = (u16, u16)> {
    (
        select(vec![0x1234, 0x1002]),
        select(vec![0x1111, 1, 2, 3, 0]),
    )
}

/// A card that one of the images may be for.
fn card() -> impl Strategy<Value = Option<(u16, u16)>> {
    prop_oneof![Just(None), ids().prop_map(Some)]
}

proptest! {
    #![proptest_config(config(1000))]

    /// Reading piece by piece ends, reads on at each step, and comes to what reading all at once
    /// comes to.
    #[test]
    fn rom_read_by_pieces(rom in any_rom()) {
        let whole = rom::extent(&rom, rom.len());
        let mut read = 0;
        let mut calls = 0;
        let end = loop {
            calls += 1;
            prop_assert!(calls <= rom::MAX_READS);
            match rom::extent(&rom[..read], rom.len()) {
                Extent::Need(size) => {
                    prop_assert!(size > read && size <= rom.len());
                    prop_assert!(size % rom::SECTOR == 0 || size == rom.len());
                    read = size;
                }
                Extent::End(size) => break size,
            }
        };
        prop_assert_eq!(whole, Extent::End(end));
        prop_assert!(end <= rom.len());
        prop_assert!(end % rom::SECTOR == 0 || end == rom.len());
        // What was read beyond the end is at most what was in doubt, if there is a last image.
        let whole = rom::images(&rom).last().is_some_and(|image| image.is_ok_and(|image| image.last));
        if whole {
            let doubt = end.max(rom::SECTOR) + 0x1_0000 + rom::SECTOR;
            prop_assert!(read <= doubt + doubt / 8);
        }
    }

    /// What is kept is judged as the whole was.
    #[test]
    fn rom_kept_is_as_good_as_whole(rom in any_rom(), card in card()) {
        let Extent::End(end) = rom::extent(&rom, rom.len()) else {
            return Err(TestCaseError::fail("all of it was there"));
        };
        let kept = &rom[..end];
        if end > 0 {
            prop_assert_eq!(rom::status(kept, card), rom::status(&rom, card));
            prop_assert_eq!(rom::extent(kept, end), Extent::End(end));
        }
        if let Some((vendor, device)) = card {
            prop_assert_eq!(rom::fits(kept, vendor, device), rom::fits(&rom, vendor, device));
        }
    }

    /// The kernel finds a ROM that is right as long as we do, but for what is run beyond an image's
    /// end and images of NVIDIA's. It never finds more than what is kept, and the same in that.
    #[test]
    fn rom_as_the_kernel_has_it(rom in any_rom()) {
        let Extent::End(end) = rom::extent(&rom, rom.len()) else {
            return Err(TestCaseError::fail("all of it was there"));
        };
        let size = rom::linux::size(&rom);
        prop_assert_eq!(size, kernel_rom_size(&rom));
        prop_assert!(size <= end);
        prop_assert_eq!(rom::linux::size(&rom[..end]), size);
        let right = rom::images(&rom).all(|image| image.is_ok_and(|image| {
            image.signature == Signature::Standard
                && (image.code_type != CodeType::X86
                    || image.initialization_length() <= image.length)
        }));
        if right {
            prop_assert_eq!(end, size);
        }
    }

    /// EDK II loads what its model loads, and the same of what is kept, where it is whole.
    #[test]
    fn rom_as_edk2_has_it(rom in any_rom()) {
        let Extent::End(end) = rom::extent(&rom, rom.len()) else {
            return Err(TestCaseError::fail("all of it was there"));
        };
        let images: Vec<_> = rom::edk2::images(&rom).collect();
        let offsets: Vec<_> = images.iter().map(|image| image.offset).collect();
        prop_assert_eq!(&offsets, &edk2_images(&rom));
        let kept: Vec<_> = rom::edk2::images(&rom[..end]).collect();
        prop_assert_eq!(kept.len(), images.len());
        for (kept, image) in kept.iter().zip(&images) {
            prop_assert_eq!((kept.offset, kept.bytes()), (image.offset, image.bytes()));
            prop_assert_eq!(Driver::new(kept), Driver::new(image));
        }
    }

    /// SeaBIOS copies what its model copies, and the same of what is kept.
    #[test]
    fn rom_as_seabios_has_it(rom in any_rom(), (vendor, device) in ids()) {
        let Extent::End(end) = rom::extent(&rom, rom.len()) else {
            return Err(TestCaseError::fail("all of it was there"));
        };
        let image = rom::seabios::find(&rom, Some((vendor, device)));
        prop_assert_eq!(image.map(|image| image.offset), seabios_image(&rom, vendor, device));
        let kept = rom::seabios::find(&rom[..end], Some((vendor, device)));
        prop_assert_eq!(kept.map(|image| image.offset), image.map(|image| image.offset));
        prop_assert_eq!(kept.and_then(|image| image.sum()), image.and_then(|image| image.sum()));
    }

    /// The images are in order, in bounds, and bounded in number; the word says what they say.
    #[test]
    fn rom_images_are_consistent(rom in any_rom(), card in card()) {
        let items: Vec<_> = rom::images(&rom).collect();
        prop_assert!(items.len() <= rom::MAX_IMAGES + 1);
        let mut at = 0;
        for image in items.iter().flatten() {
            prop_assert_eq!(image.offset, at);
            prop_assert!(image.bytes().len() <= image.length);
            prop_assert!(image.device_list().count() <= rom::MAX_DEVICES);
            let (first, second) = match image.signature {
                Signature::Standard => ([0x55, 0xaa], *b"PCIR"),
                Signature::Nvidia => ([0x56, 0x4e], *b"NPDS"),
            };
            let pcir = at + image.pcir_offset;
            prop_assert_eq!(&rom[at..at + 2], &first);
            prop_assert!(image.signature == Signature::Nvidia || rom[pcir..pcir + 4] == second);
            at += image.length;
        }
        let images = || items.iter().flatten();
        let broken = items.iter().find_map(|item| item.err());
        let status = rom::status(&rom, card);
        let ids_fit = card.is_none_or(|(vendor, device)| {
            images().any(|image| image.fits(vendor, device))
                || rom::edk2::images(&rom).any(|image| image.fits(vendor, device))
        });
        let expected = match broken {
            _ if rom.is_empty() => Status::None,
            Some(broken) => broken.status(),
            None if !ids_fit => Status::IdMismatch,
            None if !images().all(|image| image.checksum_holds()) => Status::BadChecksum,
            None => Status::Ok,
        };
        prop_assert_eq!(status, expected);
    }

    /// What was put into a chain is what is found.
    #[test]
    fn rom_made_is_read(chain in chain()) {
        let rom = bytes(&chain);
        prop_assert_eq!(rom::status(&rom, None), Status::Ok);
        let images: Vec<_> = rom::images(&rom).collect();
        prop_assert_eq!(images.len(), chain.len());
        for (image, build) in images.into_iter().flatten().zip(&chain) {
            prop_assert_eq!(image.vendor, build.vendor);
            prop_assert_eq!(image.device, build.device);
            prop_assert_eq!(image.length, usize::from(build.sectors) * 512);
            prop_assert_eq!(image.pcir_offset, usize::from(build.pcir));
            prop_assert_eq!(image.code_type, build.code.into());
            prop_assert_eq!(image.last, build.indicator & 0x80 != 0);
            let devices = if build.revision >= 3 { &build.devices[..] } else { &[] };
            prop_assert_eq!(image.device_list().collect::<Vec<_>>(), devices);
        }
    }

    /// One byte of a legacy image changed, outside of its fields: its checksum fails.
    #[test]
    fn rom_checksum_tells(at in 0x60..1024usize, change in 1..=255u8) {
        let mut rom = Build::default().bytes();
        rom[at] ^= change;
        prop_assert_eq!(rom::status(&rom, None), Status::BadChecksum);
    }
}

/// `%x` of the kernel's sscanf() (lib/vsprintf.c), which takes 32 bits of however many.
fn scan(text: &[u8]) -> Option<(u32, &[u8])> {
    let text = text.trim_ascii_start();
    let digits = match text {
        [b'0', b'x' | b'X', first, ..] if first.is_ascii_hexdigit() => &text[2..],
        _ => text,
    };
    let count = digits
        .iter()
        .take_while(|byte| byte.is_ascii_hexdigit())
        .count();
    let number = digits[..count].iter().fold(0u32, |number, &byte| {
        (number << 4) | char::from(byte).to_digit(16).unwrap()
    });
    (count > 0).then_some((number, &digits[count..]))
}

/// An entry as drivers/pci/pci-stub.c reads it, with the number of fields; nothing where it
/// complains.
fn pci_stub(text: &[u8]) -> Option<(Id, usize)> {
    let mut fields = [0, 0, ANY_ID, ANY_ID, 0, 0];
    let mut count = 0;
    let mut rest = text;
    for field in &mut fields {
        if count > 0 {
            match rest {
                [b':', after @ ..] => rest = after,
                _ => break,
            }
        }
        match scan(rest) {
            Some((number, after)) => (*field, rest) = (number, after),
            None => break,
        }
        count += 1;
    }
    let [vendor, device, subvendor, subdevice, class, class_mask] = fields;
    let id = Id {
        vendor,
        device,
        subvendor,
        subdevice,
        class,
        class_mask,
    };
    (count >= 2).then_some((id, count))
}

/// A field's text, good or bad.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any::<u16>().prop_map(|id| format!("{id:x}")),
        2 => any::<u16>().prop_map(|id| format!("0x{id:04X}")),
        2 => Just(String::from("ffffffff")),
        1 => any::<u32>().prop_map(|id| format!("{id:08x}")),
        1 => select(vec!["030000", "ffff00", "ffff00ff", "0300", "ffff", "10000", "0", "0x"])
            .prop_map(String::from),
        1 => "[ 0-9a-fxz:\\-]{0,10}",
    ]
}

/// A parameter, good or bad.
fn parameter() -> impl Strategy<Value = Vec<u8>> {
    let entry = vec(field(), 0..8).prop_map(|fields| fields.join(":"));
    prop_oneof![
        8 => vec(entry, 0..6).prop_map(|entries| entries.join(",").into_bytes()),
        1 => vec(any::<u8>(), 0..100),
    ]
}

/// The entries of a parameter as they are described: where each begins, and its text. Words that
/// blanks divide are one entry where a colon or the like is between them.
fn entries(text: &[u8]) -> Vec<(usize, Vec<u8>)> {
    let joins = |byte: &u8| b":./=".contains(byte);
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split(|&byte| byte == b',') {
        let words = piece.split(u8::is_ascii_whitespace);
        let mut end = start;
        let mut open = false;
        let before = found.len();
        for word in words {
            let at = end;
            end += word.len() + 1;
            let (Some(first), Some(last)) = (word.first(), word.last()) else {
                continue;
            };
            match found.last_mut() {
                Some((begin, whole)) if *begin >= start && (open || joins(first)) => {
                    let begin: usize = *begin;
                    *whole = text[begin..at + word.len()].to_vec();
                }
                _ => found.push((at, word.to_vec())),
            }
            open = joins(last);
        }
        if found.len() == before {
            found.push((start, Vec::new()));
        }
        start += piece.len() + 1;
    }
    found
}

proptest! {
    #![proptest_config(config(2000))]

    /// What we take, pci-stub takes to mean the same, a class without a mask apart.
    #[test]
    fn ids_as_pci_stub_has_them(mut text in parameter()) {
        // pci-stub takes no blanks before a colon or a comma.
        text.retain(|byte| !byte.is_ascii_whitespace());
        let ours: Vec<_> = ids::parse(&text).collect();
        let entries = text.split(|&byte| byte == b',').filter(|entry| !entry.is_empty());
        let theirs: Vec<_> = entries.map(pci_stub).collect();
        prop_assert_eq!(ours.len(), theirs.len());
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            match (ours, theirs) {
                (Ok(mut id), Some((theirs, fields))) => {
                    if fields == 5 {
                        id.class_mask = 0;
                    }
                    prop_assert_eq!(id, theirs);
                }
                (Ok(id), None) => prop_assert!(false, "{:?} is bad for pci-stub", id),
                (Err(_), _) => {}
            }
        }
    }

    /// What can be written in four digits per ID and six per class is taken.
    #[test]
    fn ids_written_are_read(ids in vec(any::<[u16; 4]>(), 1..5), class in 0x010000..=0xffffffu32) {
        let entry = |[vendor, device, subvendor, subdevice]: &[u16; 4]| {
            format!("{vendor:04x}:{device:04x}:{subvendor:04x}:{subdevice:04x}:{class:06x}:ffffff")
        };
        let text = ids.iter().map(entry).collect::<Vec<_>>().join(",");
        let read: Vec<_> = ids::parse(text.as_bytes()).collect();
        prop_assert_eq!(read.len(), ids.len());
        for (read, wanted) in read.into_iter().zip(ids) {
            let id = read.map_err(|bad| TestCaseError::fail(bad.to_string()))?;
            let read = [id.vendor, id.device, id.subvendor, id.subdevice];
            prop_assert_eq!(read, wanted.map(u32::from));
            prop_assert_eq!((id.class, id.class_mask), (class, 0xffffff));
        }
    }

    /// A bad entry is named where it is, in one printable line of bounded length.
    #[test]
    fn bad_ids_are_named(text in parameter()) {
        let mut before = 0;
        let all = entries(&text);
        for bad in ids::parse(&text).filter_map(Result::err) {
            prop_assert!(bad.position > before);
            before = bad.position;
            let (start, entry) = &all[bad.position - 1];
            prop_assert_eq!(entry.as_slice(), bad.text);
            // The offset is in the entry, or at the end of it and of the blanks after it.
            let rest = &text[start + entry.len()..];
            let blanks = rest.len() - rest.trim_ascii_start().len();
            let end = start + entry.len() + blanks;
            prop_assert!((*start..=end).contains(&bad.offset), "{:?}", bad);
            let line = bad.to_string();
            prop_assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{}", line);
            prop_assert!(line.len() < 512);
        }
    }

    /// No entry that is taken is for no device: the device that it names matches it, and one of
    /// another vendor does not.
    #[test]
    fn ids_match_what_they_name(text in parameter()) {
        for id in ids::parse(&text).flatten() {
            let own = |wanted: u32| if wanted == ANY_ID { 0x5a5a } else { wanted as u16 };
            let device = ids::Identity {
                vendor: own(id.vendor),
                device: own(id.device),
                subvendor: own(id.subvendor),
                subdevice: own(id.subdevice),
                class: id.class & id.class_mask,
            };
            prop_assert!(device.class <= 0xffffff);
            prop_assert!(id.matches(&device), "{:?}", id);
            let other = ids::Identity { vendor: !device.vendor, ..device };
            prop_assert_eq!(id.matches(&other), id.vendor == ANY_ID);
        }
    }

    /// A field that is not hexadecimal is named with the character that is not.
    #[test]
    fn bad_digits_are_found(
        fields in vec(any::<u16>(), 2..6),
        which in 0..6usize,
        bad in "[g-wyz./;-]",
    ) {
        let which = which % fields.len();
        let mut texts: Vec<_> = fields.iter().map(|field| format!("{field:x}")).collect();
        texts[which].push_str(&bad);
        let offset = texts[..=which].iter().map(|text| text.len() + 1).sum::<usize>() - 2;
        use Field::*;
        let names = [Vendor, Device, Subvendor, Subdevice, Class];
        let text = texts.join(":");
        let entry = ids::parse(text.as_bytes()).next();
        let wrong = entry.and_then(Result::err).map(|bad| (bad.field, bad.offset, bad.reason));
        let expected = (names[which], offset, ids::Reason::NotHexadecimal);
        prop_assert_eq!(wrong, Some(expected));
    }
}
