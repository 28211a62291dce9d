// SPDX-License-Identifier: GPL-2.0

//! The decode policy, over every value where that is possible.

use vga_stub_core::decode::{
    better,
    claimable,
    derive,
    is_display_class,
    is_lost,
    is_vga_class,
    may_decode,
    quiet,
    released,
    Bar,
    Card,
    Kind,
    Refusal, //
};

#[test]
fn held_cards_are_silent_and_nothing_else_changes() {
    for command in 0..=u16::MAX {
        assert_eq!(quiet(command) & 0x7, 0);
        assert_eq!(quiet(command) & 0x400, 0x400);
        assert_eq!(quiet(command) & !0x407, command & !0x407);
        assert!(!is_lost(quiet(command)));
        assert!(is_lost(command & 0xfbff));
    }
}

#[test]
fn released_cards_are_as_found_but_for_bus_master() {
    for found in 0..=u16::MAX {
        assert_eq!(released(found, false), found & 0xfffb);
        assert_eq!(released(found, true), found & 0xfff8);
    }
}

/// Returns a BAR.
fn bar(decode: u16, assigned: bool) -> Bar {
    Bar { decode, assigned }
}

#[test]
fn decode_is_only_for_bars_with_valid_addresses() {
    let none = bar(0, false);
    let table = [
        ("no BARs", vec![none; 6], 3, Some(0)),
        ("nothing at all", vec![], 3, Some(0)),
        ("memory", vec![bar(2, true), none], 3, Some(2)),
        ("I/O", vec![none, bar(1, true)], 3, Some(1)),
        (
            "both",
            vec![bar(2, true), bar(2, true), bar(1, true)],
            3,
            Some(3),
        ),
        (
            "one without address",
            vec![bar(2, true), bar(2, false)],
            3,
            None,
        ),
        (
            "the first without address",
            vec![bar(1, false), bar(2, true)],
            3,
            None,
        ),
        (
            "one of the other kind",
            vec![bar(1, false), bar(2, true)],
            2,
            Some(2),
        ),
        ("only of the other kind", vec![bar(1, false)], 2, Some(0)),
        ("no kind", vec![bar(1, false), bar(2, false)], 0, Some(0)),
    ];
    for (name, bars, kinds, expected) in table {
        assert_eq!(may_decode(bars, kinds), expected, "{name}");
    }
}

#[test]
fn what_was_found_is_right_but_for_what_a_holder_left() {
    for found in 0..=u16::MAX {
        for decode in 0..=3 {
            let expected = match found & 0x403 {
                0x400 => found & !0x400 | decode,
                _ => found,
            };
            assert_eq!(derive(found, decode), expected, "{found:#x} {decode}");
        }
    }
}

#[test]
fn what_quiet_leaves_is_told_from_what_firmware_leaves() {
    let table = [
        // A secondary card, or one that was plugged in: nobody has switched it on.
        (0x0000, 3, 0x0000),
        (0x0004, 2, 0x0004),
        // Left by a holder.
        (quiet(0x0003), 3, 0x0003),
        (quiet(0x0007), 2, 0x0002),
        (quiet(0x0143), 3, 0x0143),
        // With BARs that may not be decoded.
        (quiet(0x0003), 0, 0x0000),
    ];
    for (found, decode, expected) in table {
        assert_eq!(derive(found, decode), expected, "{found:#x} {decode}");
    }
}

#[test]
fn classes() {
    let table = [
        (0x030000, true, true),
        (0x0300ff, true, true),
        (0x030100, false, true),
        (0x030200, false, true),
        (0x038000, false, true),
        (0x03ffff, false, true),
        (0x02ffff, false, false),
        (0x040000, false, false),
        (0x000100, true, false),
        (0x0001ff, true, false),
        (0x0000ff, false, false),
        (0x000200, false, false),
        (0x040300, false, false),
        (0, false, false),
        (0xffffff, false, false),
    ];
    for (class, vga, display) in table {
        assert_eq!(is_vga_class(class), vga, "{class:06x}");
        assert_eq!(is_display_class(class), display, "{class:06x}");
    }
}

#[test]
fn what_is_claimed_and_as_what() {
    let table = [
        (0x030000, 0x00, false, Ok(Kind::Vga)),
        (0x030000, 0x80, false, Ok(Kind::Vga)),
        (0x000100, 0x00, false, Ok(Kind::Vga)),
        (0x030200, 0x00, false, Ok(Kind::Display)),
        (0x038000, 0x80, false, Ok(Kind::Display)),
        (0x040300, 0x80, false, Ok(Kind::Companion)),
        (0x0c0330, 0x80, false, Ok(Kind::Companion)),
        (0x060400, 0x01, false, Err(Refusal::HeaderType)),
        (0x060700, 0x82, false, Err(Refusal::HeaderType)),
        (0x030000, 0x7f, false, Err(Refusal::HeaderType)),
        (0x030000, 0x00, true, Err(Refusal::VirtualFunctions)),
        (0x060400, 0x01, true, Err(Refusal::HeaderType)),
    ];
    for (class, header_type, virtual_functions, expected) in table {
        let kind = claimable(class, header_type, virtual_functions);
        assert_eq!(kind, expected, "{class:06x} {header_type:x}");
    }
}

#[test]
fn refusals_say_why() {
    assert!(Refusal::HeaderType.message().contains("bridge"));
    assert!(Refusal::VirtualFunctions.message().contains("sriov_numvfs"));
}

/// Returns a VGA card.
fn card(key: usize, default: bool, held: bool, command: u16) -> Card<usize> {
    Card {
        key,
        class: 0x030000,
        default,
        held,
        command,
    }
}

#[test]
fn who_inherits_the_legacy_ranges() {
    let table = [
        ("no cards", vec![], None),
        (
            "only held ones",
            vec![card(0, true, true, 7), card(1, false, true, 7)],
            None,
        ),
        (
            "the default one",
            vec![card(0, false, false, 3), card(1, true, false, 3)],
            Some(1),
        ),
        (
            "the default one, though off",
            vec![card(0, false, false, 3), card(1, true, false, 0)],
            Some(1),
        ),
        (
            "the default one is held",
            vec![
                card(0, true, true, 3),
                card(1, false, false, 0x500),
                card(2, false, false, 2),
            ],
            Some(2),
        ),
        (
            "the first that is on",
            vec![card(1, false, false, 1), card(2, false, false, 3)],
            Some(1),
        ),
        (
            "bus master is no decode",
            vec![card(1, false, false, 4)],
            None,
        ),
        (
            "no VGA card",
            vec![Card {
                class: 0x038000,
                ..card(1, true, false, 3)
            }],
            None,
        ),
    ];
    for (what, cards, expected) in table {
        let heir = cards.into_iter().fold(None, better).map(|card| card.key);
        assert_eq!(heir, expected, "{what}");
    }
}
