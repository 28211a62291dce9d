// SPDX-License-Identifier: GPL-2.0

//! The choices for the legacy VGA ranges, each in each place.

use proptest::prelude::*;
use vga_stub_core::{
    decode::Kind,
    legacy::{
        default,
        refusal,
        Choice,
        Place,
        Refusal, //
    }, //
};

const KINDS: [Kind; 3] = [Kind::Vga, Kind::Display, Kind::Companion];
const PLACES: [Place; 3] = [Place::RootBus, Place::Shared, Place::Alone];

#[test]
fn words_are_read_as_they_are_shown() {
    for choice in Choice::ALL {
        let word = choice.as_str();

        assert_eq!(Choice::parse(word.as_bytes()), Some(choice));
        assert_eq!(
            Choice::parse(format!(" \t{word}\n").as_bytes()),
            Some(choice)
        );
        // Not a letter less, more, or other.
        assert_eq!(Choice::parse(&word.as_bytes()[1..]), None);
        assert_eq!(Choice::parse(&word.as_bytes()[..word.len() - 1]), None);
        assert_eq!(Choice::parse(format!("{word}{word}").as_bytes()), None);
        assert_eq!(Choice::parse(format!("{word}\0").as_bytes()), None);
        assert_eq!(Choice::parse(word.to_uppercase().as_bytes()), None);
    }
    for text in ["", "\n", "0", "1", "none owned", "on", "off"] {
        assert_eq!(Choice::parse(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn numbers_are_read_as_they_are_stored() {
    for choice in Choice::ALL {
        assert_eq!(Choice::from_number(choice as u32), choice);
    }
    for number in [3, 4, u32::MAX] {
        assert_eq!(Choice::from_number(number), Choice::Arbitrated);
    }
}

#[test]
fn a_place_is_what_is_above_the_card_and_who_else_is_below_that() {
    for others in [0, 1, 2, usize::MAX] {
        assert_eq!(Place::new(false, others), Place::RootBus);
    }
    assert_eq!(Place::new(true, 0), Place::Alone);
    for others in [1, 2, usize::MAX] {
        assert_eq!(Place::new(true, others), Place::Shared);
    }
}

#[test]
fn each_choice_in_each_place() {
    let table = [
        (Choice::Arbitrated, Place::RootBus, None),
        (Choice::Arbitrated, Place::Shared, None),
        (Choice::Arbitrated, Place::Alone, None),
        (Choice::None, Place::RootBus, Some(Refusal::RootBus)),
        (Choice::None, Place::Shared, Some(Refusal::Shared)),
        (Choice::None, Place::Alone, None),
        (Choice::Owned, Place::RootBus, None),
        (Choice::Owned, Place::Shared, None),
        (Choice::Owned, Place::Alone, None),
    ];
    for (choice, place, expected) in table {
        assert_eq!(
            refusal(choice, Kind::Vga, place),
            expected,
            "{choice:?} {place:?}"
        );
    }
}

#[test]
fn what_is_no_vga_card_has_none_anywhere() {
    for kind in [Kind::Display, Kind::Companion] {
        for place in PLACES {
            assert_eq!(refusal(Choice::None, kind, place), None);
            assert_eq!(
                refusal(Choice::Arbitrated, kind, place),
                Some(Refusal::NoVga)
            );
            assert_eq!(refusal(Choice::Owned, kind, place), Some(Refusal::NoVga));
        }
        for parameter in Choice::ALL {
            assert_eq!(default(kind, parameter), Choice::None);
        }
    }
}

#[test]
fn a_vga_card_starts_with_what_the_parameter_says() {
    for parameter in Choice::ALL {
        assert_eq!(default(Kind::Vga, parameter), parameter);
    }
}

#[test]
fn under_pciback_nobody_arbitrates() {
    for choice in Choice::ALL {
        assert_eq!(choice.in_force(false), choice);
        assert_ne!(choice.in_force(true), Choice::Arbitrated);
    }
    assert_eq!(Choice::Arbitrated.in_force(true), Choice::Owned);
    assert_eq!(Choice::None.in_force(true), Choice::None);
    assert_eq!(Choice::Owned.in_force(true), Choice::Owned);
}

#[test]
fn the_default_is_accepted_everywhere() {
    for kind in KINDS {
        for place in PLACES {
            assert_eq!(
                refusal(default(kind, Choice::Arbitrated), kind, place),
                None
            );
        }
    }
}

#[test]
fn each_refusal_says_something_else() {
    let messages = [Refusal::RootBus, Refusal::Shared, Refusal::NoVga].map(Refusal::message);

    assert!(messages[0].contains("root bus"));
    assert!(messages[1].contains("behind the same bridge"));
    assert!(messages[2].contains("\"none\""));
}

proptest! {
    #[test]
    fn any_text_is_one_of_the_words_or_none(text in proptest::collection::vec(any::<u8>(), 0..16)) {
        let read = Choice::parse(&text);
        let trimmed = text.trim_ascii();

        prop_assert_eq!(
            read.map(|choice| choice.as_str().as_bytes()),
            Choice::ALL.map(|choice| choice.as_str().as_bytes())
                .into_iter()
                .find(|word| *word == trimmed)
        );
    }
}
