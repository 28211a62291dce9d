// SPDX-License-Identifier: GPL-2.0

//! The grammar of `ids=`, at every limit.

use vga_stub_core::ids::{
    self,
    Field,
    Id,
    Identity,
    Reason,
    ANY_ID, //
};

/// Returns an entry with IDs only.
fn id(vendor: u32, device: u32) -> Id {
    Id {
        vendor,
        device,
        subvendor: ANY_ID,
        subdevice: ANY_ID,
        class: 0,
        class_mask: 0,
    }
}

/// Reads a text that is right.
fn good(text: &str) -> Vec<Id> {
    let entries: Result<Vec<_>, _> = ids::parse(text.as_bytes()).collect();
    entries.unwrap_or_else(|bad| panic!("{bad}"))
}

#[test]
fn what_users_write() {
    let nvidia_display = Id {
        vendor: 0x10de,
        device: ANY_ID,
        subvendor: ANY_ID,
        subdevice: ANY_ID,
        class: 0x030000,
        class_mask: 0xffff00ff,
    };
    let nvidia_sound = Id {
        class: 0x040300,
        class_mask: ANY_ID,
        ..nvidia_display
    };
    let table: [(&str, &[Id]); 18] = [
        ("10de:1b80", &[id(0x10de, 0x1b80)]),
        (
            "10de:1b80,10de:10f0",
            &[id(0x10de, 0x1b80), id(0x10de, 0x10f0)],
        ),
        ("10DE:1B80", &[id(0x10de, 0x1b80)]),
        ("0x10de:0X1b80", &[id(0x10de, 0x1b80)]),
        ("1:0", &[id(1, 0)]),
        ("000010de:00001b80", &[id(0x10de, 0x1b80)]),
        ("0000000000010de:1b80", &[id(0x10de, 0x1b80)]),
        ("10de:ffffffff", &[id(0x10de, ANY_ID)]),
        ("ffff:ffff", &[id(0xffff, 0xffff)]),
        (
            " 10de:1b80 , 10de:10f0\n",
            &[id(0x10de, 0x1b80), id(0x10de, 0x10f0)],
        ),
        ("10de : 1b80\t", &[id(0x10de, 0x1b80)]),
        // Blanks for commas.
        (
            "10de:1b80 10de:10f0",
            &[id(0x10de, 0x1b80), id(0x10de, 0x10f0)],
        ),
        (
            " 10de: 1b80\t \n10de :10f0 ,1002:1",
            &[id(0x10de, 0x1b80), id(0x10de, 0x10f0), id(0x1002, 1)],
        ),
        (",10de:1b80,, ,", &[id(0x10de, 0x1b80)]),
        (
            "10de:1b80:1043:85aa",
            &[Id {
                subvendor: 0x1043,
                subdevice: 0x85aa,
                ..id(0x10de, 0x1b80)
            }],
        ),
        (
            "10de:1b80:1043",
            &[Id {
                subvendor: 0x1043,
                ..id(0x10de, 0x1b80)
            }],
        ),
        (
            "10de:ffffffff:ffffffff:ffffffff:00030000:ffff00ff,\
             10de:ffffffff:ffffffff:ffffffff:00040300:ffffffff",
            &[nvidia_display, nvidia_sound],
        ),
        (
            "1002:ffffffff:ffffffff:ffffffff:030000:ff0000",
            &[Id {
                vendor: 0x1002,
                class_mask: 0xff0000,
                ..nvidia_display
            }],
        ),
    ];
    for (text, expected) in table {
        assert_eq!(good(text), expected, "{text:?}");
    }
}

#[test]
fn nothing_is_no_entry() {
    for text in ["", "\n", " ", ",", ",,,", " , \n"] {
        assert_eq!(good(text), [], "{text:?}");
    }
}

#[test]
fn a_class_without_mask_has_to_be_equal() {
    let class = |text: &str| {
        let id = good(&format!("10de:ffffffff:ffffffff:ffffffff:{text}"))[0];
        (id.class, id.class_mask)
    };
    assert_eq!(class("030000"), (0x030000, ANY_ID));
    assert_eq!(class("0"), (0, 0));
    assert_eq!(class("ffffffff"), (ANY_ID, 0));
    assert_eq!(class("030000:0"), (0x030000, 0));
    assert_eq!(class("0:ffffff"), (0, 0xffffff));
    // Devices from before there were classes, with and without VGA.
    assert_eq!(class("000100"), (0x000100, ANY_ID));
    assert_eq!(class("0001ff:ffffff"), (0x0001ff, 0xffffff));
    // Bits outside the mask are ignored.
    assert_eq!(class("ffffffff:0"), (ANY_ID, 0));
    assert_eq!(class("ff030000:ffffff"), (0xff030000, 0xffffff));
    assert_eq!(class("10000"), (0x10000, ANY_ID));
}

/// Every bad entry: the text, which entry, at which byte, what.
#[test]
fn bad_entries() {
    use Field::*;
    use Reason::*;

    let table: [(&str, usize, usize, Field, Reason); 45] = [
        ("10de", 1, 4, Device, Missing),
        (" 10de ", 1, 5, Device, Missing),
        ("10de:", 1, 5, Device, Empty),
        (":1b80", 1, 0, Vendor, Empty),
        (":", 1, 0, Vendor, Empty),
        ("10de:1b80:", 1, 10, Subvendor, Empty),
        ("10de::1043", 1, 5, Device, Empty),
        ("10de: :1043", 1, 6, Device, Empty),
        ("zzzz:1b80", 1, 0, Vendor, NotHexadecimal),
        ("10de:zzzz", 1, 5, Device, NotHexadecimal),
        ("10de:1b8z", 1, 8, Device, NotHexadecimal),
        ("10de:1b80,10de:zzzz", 2, 15, Device, NotHexadecimal),
        (",, 10de:zzzz", 3, 8, Device, NotHexadecimal),
        ("10de:0x", 1, 7, Device, NotHexadecimal),
        ("0x:1b80", 1, 2, Vendor, NotHexadecimal),
        ("10de:0x0x1", 1, 8, Device, NotHexadecimal),
        ("10de:-1", 1, 5, Device, NotHexadecimal),
        ("10de:+1", 1, 5, Device, NotHexadecimal),
        ("10de:1b80 10de", 2, 14, Device, Missing),
        ("10de:1b80  x:1", 2, 11, Vendor, NotHexadecimal),
        ("10de:1b80;", 1, 9, Device, NotHexadecimal),
        ("10de.1b80", 1, 4, Vendor, NotHexadecimal),
        ("01:00.0", 1, 5, Device, NotHexadecimal),
        ("\"10de:1b80\"", 1, 0, Vendor, NotHexadecimal),
        ("10000:1b80", 1, 0, Vendor, TooLarge),
        ("10de: 10000", 1, 6, Device, TooLarge),
        ("10de:fffffffe", 1, 5, Device, TooLarge),
        ("10de:100000000", 1, 5, Device, TooLarge),
        ("10de:fffffffff", 1, 5, Device, TooLarge),
        ("10de:1b80:10000", 1, 10, Subvendor, TooLarge),
        ("10de:1b80:0:10000", 1, 12, Subdevice, TooLarge),
        ("1:2:3:4:1000000", 1, 8, Class, TooLarge),
        ("1:2:3:4:1030000:ffffffff", 1, 8, Class, TooLarge),
        ("1:2:3:4:030000:100000000", 1, 15, ClassMask, TooLarge),
        ("1:2:3:4:0300", 1, 8, Class, ClassTooShort),
        ("1:2:3:4:03:ffff00ff", 1, 8, Class, ClassTooShort),
        ("1:2:3:4:0300:ffff", 1, 13, ClassMask, NoBaseClass),
        ("1:2:3:4:030000:7fffff", 1, 15, ClassMask, NoBaseClass),
        ("1:2:3:4:030000:1", 1, 15, ClassMask, NoBaseClass),
        ("ffffffff:ffffffff", 1, 9, Device, Everything),
        ("1:2, ffffffff: ffffffff:1:2", 2, 15, Device, Everything),
        ("ffffffff:ffffffff:1:2:030000:0", 1, 9, Device, Everything),
        ("ffffffff:ffffffff:1:2:0", 1, 9, Device, Everything),
        ("1:2:3:4:030000:ffffff:7", 1, 22, ClassMask, TooManyFields),
        ("1:2:3:4:030000:ffffff:", 1, 22, ClassMask, TooManyFields),
    ];
    for (text, position, offset, field, reason) in table {
        let bad = ids::parse(text.as_bytes())
            .find_map(Result::err)
            .expect(text);
        let found = (bad.position, bad.offset, bad.field, bad.reason);
        assert_eq!(found, (position, offset, field, reason), "{text:?}");
        let last = text.rsplit(',').next().unwrap_or(text).trim();
        let last = if last.contains(": ") {
            last
        } else {
            last.rsplit(' ').next().unwrap()
        };
        assert_eq!(bad.text, last.as_bytes());
    }
}

#[test]
fn class_limits() {
    let class = |class: u32, mask: u32| {
        let text = format!("1:2:3:4:{class:x}:{mask:x}");
        let id = ids::parse(text.as_bytes()).next().unwrap();
        id.map_err(|bad| bad.reason)
    };
    let short = Err(Reason::ClassTooShort);
    for mask in [0xffffff, 0xffffffff, 0xff0fff] {
        assert!(class(0x0000, mask).is_ok());
        assert_eq!(class(0x0001, mask).map(drop), short);
        assert_eq!(class(0x00ff, mask).map(drop), short);
        assert!(class(0x0100, mask).is_ok());
        assert!(class(0x01ff, mask).is_ok());
        assert_eq!(class(0x0200, mask).map(drop), short);
        assert_eq!(class(0xffff, mask).map(drop), short);
        assert!(class(0x010000, mask).is_ok());
        assert!(class(0xffffff, mask).is_ok());
    }
    // The base class counts in full, or nothing of the class does.
    let no_base = Err(Reason::NoBaseClass);
    for mask in [0x00ff00, 0x7fffff, 0xfeffff, 0x000001, 0xff00ffff] {
        assert_eq!(class(0x0300, mask).map(drop), no_base);
        assert_eq!(class(0x030000, mask).map(drop), no_base);
    }
    assert!(class(0x0300, 0).is_ok());
    assert!(class(0x030000, 0xff0000).is_ok());
}

#[test]
fn any_device_of_some_vendor_or_class() {
    for text in [
        "1:ffffffff",
        "ffffffff:1",
        "ffffffff:ffffffff:ffffffff:ffffffff:030000:ff0000",
        "ffffffff:ffffffff:ffffffff:ffffffff:030000",
    ] {
        assert_eq!(good(text).len(), 1);
    }
}

#[test]
fn entries_come_with_their_text() {
    let entries: Vec<_> = ids::entries(b" 10de:1b80 ,,zz\n").collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].0.to_string(), "ids= entry 1 \"10de:1b80\"");
    assert_eq!(entries[0].1, Ok(id(0x10de, 0x1b80)));
    assert_eq!(entries[1].0.to_string(), "ids= entry 3 \"zz\"");
    assert!(entries[1].1.is_err());
}

#[test]
fn bad_ones_do_not_spoil_good_ones() {
    let entries: Vec<_> = ids::parse(b"10de:1b80,oops,,1002:67df").collect();
    assert_eq!(entries.len(), 3);
    assert_eq!(entries[0], Ok(id(0x10de, 0x1b80)));
    let bad = entries[1].unwrap_err();
    assert_eq!((bad.position, bad.offset), (2, 10));
    assert_eq!(entries[2], Ok(id(0x1002, 0x67df)));
}

#[test]
fn lines_for_the_log() {
    let line = |text: &[u8]| {
        let bad = ids::parse(text).find_map(Result::err);
        bad.expect("it is bad").to_string()
    };
    assert_eq!(
        line(b"10de:1b80,10de:zzzz"),
        "ids= entry 2 \"10de:zzzz\" at character 16: device is not a hexadecimal number; \
         write vendor:device as lspci -n does"
    );
    assert_eq!(
        line(b"10de:1b80:1043:1:030000:0:\n"),
        "ids= entry 1 \"10de:1b80:1043:1:030000:0:\" at character 27: class_mask is followed by more; \
         an entry has 6 fields at most"
    );
    assert_eq!(
        line(b"8086:ffffffff:ffffffff:ffffffff:0300:ffff"),
        "ids= entry 1 \"8086:ffffffff:ffffffff:ffffffff:0300:ffff\" at character 38: class_mask leaves \
         out the base class; write 6 digits, 030000:ffff00 for all of VGA"
    );
    assert_eq!(
        line(b"ffffffff:ffffffff"),
        "ids= entry 1 \"ffffffff:ffffffff\" at character 10: device is any, and so are vendor and \
         class: every device; name one of them"
    );
    // What is not printable is shown by its value, and so is what would end the quotation.
    let shown = line(b"\x00\x1b[31m\xff\"\\~\x7f");
    let expected = "ids= entry 1 \"\\x00\\x1b[31m\\xff\\x22\\x5c~\\x7f\" at character 1: vendor";
    assert!(shown.starts_with(expected), "{shown}");
    // Long ones are cut.
    assert!(line(&[b'z'; 64]).contains(&format!("\"{}\" at", "z".repeat(64))));
    assert!(line(&[b'z'; 65]).contains(&format!("\"{}...\" at", "z".repeat(64))));
    assert!(line(&[b'z'; 4096]).len() < 256);
}

#[test]
fn every_field_of_a_device_counts() {
    let device = Identity {
        vendor: 0x10de,
        device: 0x1b80,
        subvendor: 0x1043,
        subdevice: 0x85aa,
        class: 0x030000,
    };
    let table = [
        ("10de:1b80", true),
        ("10de:1b81", false),
        ("10df:1b80", false),
        ("ffff:ffff", false),
        ("10de:ffffffff", true),
        ("ffffffff:1b80", true),
        ("10de:1b80:1043:85aa", true),
        ("10de:1b80:1043:85ab", false),
        ("10de:1b80:1044:85aa", false),
        ("10de:1b80:ffffffff:85aa", true),
        ("10de:1b80:1043:ffffffff", true),
        ("10de:1b80:1043:85aa:030000", true),
        ("10de:1b80:1043:85aa:030001", false),
        ("10de:1b80:1043:85aa:030001:ffff00", true),
        ("10de:1b80:1043:85aa:040300:ffff00", false),
        ("10de:ffffffff:ffffffff:ffffffff:00030000:ffff00ff", true),
        ("10de:ffffffff:ffffffff:ffffffff:00040300:ffffffff", false),
    ];
    for (text, expected) in table {
        assert_eq!(good(text)[0].matches(&device), expected, "{text}");
    }
}
