// SPDX-License-Identifier: GPL-2.0

//! The grammar of `rom=`, and whose ROMs are read.

use vga_stub_core::{
    capture,
    devices::{
        Address,
        Field,
        Reason, //
    }, //
};

/// A card behind a root port.
const ROUTE: [Address; 2] = [
    Address {
        domain: 0,
        bus: 1,
        slot: 0,
        function: 0,
    },
    Address {
        domain: 0,
        bus: 0,
        slot: 3,
        function: 0,
    },
];

#[test]
fn whose_roms_are_read() {
    let table = [
        ("", true),
        ("yes", true),
        ("y", true),
        ("on", true),
        ("1", true),
        ("no", false),
        ("n", false),
        ("off", false),
        ("0", false),
        (" no\n", false),
        ("!01:00.0", false),
        ("!0000:01:00.0", false),
        ("!00:03.0/00.0", false),
        ("!01:00.*", false),
        ("!01:00.1", true),
        ("!02:00.0", true),
        ("01:00.0", true),
        ("02:00.0", true),
        // With IDs.
        ("!01:00.0=10de:1b80", false),
        ("!01:00.0=10de:1b81", true),
        ("no,01:00.0=10de:1b81", false),
        // The last one counts.
        ("no,yes", true),
        ("yes,no", false),
        ("no,01:00.0", true),
        ("01:00.0,no", false),
        ("no,02:00.0", false),
        ("!01:00.0,yes", true),
        ("!01:00.*,01:00.0", true),
        ("!01:00.0 !02:00.0", false),
        // Bad ones do nothing.
        ("maybe", true),
        ("no,maybe", false),
        ("!01:00.0,!01:00", false),
        ("!01:00,!01:00.0", false),
    ];
    for (text, expected) in table {
        let read = capture::is_read(text.as_bytes(), ROUTE.into_iter(), (0x10de, 0x1b80));
        assert_eq!(read, expected, "{text:?}");
    }
}

/// Every bad rule: the text, which rule, at which byte, what.
#[test]
fn bad_rules() {
    let table = [
        ("maybe", 1, 0, Field::Rule, Reason::NoRule),
        ("no,maybe", 2, 3, Field::Rule, Reason::NoRule),
        ("!no", 1, 1, Field::Rule, Reason::NoRule),
        ("!", 1, 1, Field::Rule, Reason::NoRule),
        ("No", 1, 0, Field::Rule, Reason::NoRule),
        ("2", 1, 0, Field::Rule, Reason::NoRule),
        ("!01:00", 1, 6, Field::Function, Reason::NoPlace),
        ("!!01:00.0", 1, 1, Field::Bus, Reason::NoPlace),
        ("yes,,!01:20.0", 3, 9, Field::Slot, Reason::OutOfRange),
        ("!00:03.*/00.0", 1, 8, Field::Function, Reason::Wildcard),
        ("!01:00.0=10de", 1, 13, Field::Device, Reason::Missing),
    ];
    for (text, position, offset, field, reason) in table {
        let bad: Vec<_> = capture::parse(text.as_bytes())
            .filter_map(Result::err)
            .collect();
        assert_eq!(bad.len(), 1, "{text:?}");
        assert_eq!(
            (bad[0].position, bad[0].offset, bad[0].field, bad[0].reason),
            (position, offset, field, reason),
            "{text:?}"
        );
    }
    let bad = capture::parse(b"no,maybe").nth(1).unwrap().unwrap_err();
    assert_eq!(
        bad.to_string(),
        "rom= entry 2 \"maybe\" at character 4: rule is neither yes nor no nor a place; write no, \
         0000:01:00.0 or !0000:01:00.0"
    );
}
