// SPDX-License-Identifier: GPL-2.0

//! The grammar of `devices=`, at every limit, and which devices are meant.

use proptest::prelude::*;
use vga_stub_core::devices::{
    self,
    Address,
    Field,
    Fit,
    Reason, //
};

/// Reads an address, as the kernel writes it.
fn at(name: &str) -> Address {
    Address::parse(name.as_bytes()).expect(name)
}

/// What a text says of a device: its route from itself upward, and its IDs.
fn fit(text: &str, route: &[&str], ids: (u16, u16)) -> Fit {
    let mut places = devices::parse(text.as_bytes());
    let place = places
        .next()
        .expect(text)
        .unwrap_or_else(|bad| panic!("{bad}"));
    assert_eq!(places.next(), None, "{text}");
    place.fit(route.iter().map(|name| at(name)), ids)
}

#[test]
fn addresses() {
    let address = |domain, bus, slot, function| Address {
        domain,
        bus,
        slot,
        function,
    };
    assert_eq!(at("0000:00:00.0"), address(0, 0, 0, 0));
    assert_eq!(at("0000:ff:1f.7"), address(0, 0xff, 0x1f, 7));
    assert_eq!(at("10000:e1:02.3"), address(0x10000, 0xe1, 2, 3));
    assert_eq!(at("ffffffff:00:00.0").domain, u32::MAX);
    for bad in [
        "",
        "0000:00:00",
        "0000:00:00.*",
        "0000:00:20.0",
        "0000:00:00.8",
        "x",
    ] {
        assert_eq!(Address::parse(bad.as_bytes()), None, "{bad}");
    }
}

/// A card behind two bridges, and what does and does not name it.
#[test]
fn who_is_meant() {
    let route = &["0000:03:00.1", "0000:02:1f.2", "0000:00:01.0"];
    let table = [
        // By its own address.
        ("0000:03:00.1", Fit::Named),
        ("03:00.1", Fit::Named),
        ("3:0.1", Fit::Named),
        ("0x3:0x0.0x1", Fit::Named),
        ("00:03:00.1", Fit::Named),
        ("03:00.*", Fit::Named),
        ("03:00.0", Fit::Elsewhere),
        ("03:01.1", Fit::Elsewhere),
        ("02:00.1", Fit::Elsewhere),
        ("0001:03:00.1", Fit::Elsewhere),
        ("10000:03:00.1", Fit::Elsewhere),
        // By a path from the root bus.
        ("00:01.0/1f.2/00.1", Fit::Named),
        ("0000:00:01.0/1f.2/00.1", Fit::Named),
        ("00:01.0/1f.2/00.*", Fit::Named),
        ("00:01.0/1f.2/0.1", Fit::Named),
        ("00:01.0/1f.2/00.0", Fit::Elsewhere),
        ("00:01.0/1e.2/00.1", Fit::Elsewhere),
        ("00:01.1/1f.2/00.1", Fit::Elsewhere),
        ("01:01.0/1f.2/00.1", Fit::Elsewhere),
        ("0001:00:01.0/1f.2/00.1", Fit::Elsewhere),
        ("00:01.0/00.1", Fit::Elsewhere),
        ("00:01.0/1f.2", Fit::Elsewhere),
        ("00:00.0/01.0/1f.2/00.1", Fit::Elsewhere),
        // By one from a bridge below it.
        ("02:1f.2/00.1", Fit::Named),
        ("02:1f.2/00.1=10de:1b80", Fit::Named),
        ("01:1f.2/00.1", Fit::Elsewhere),
        // With other IDs.
        ("03:00.1=10de:1b80", Fit::Named),
        ("03:00.1=10DE:0x1B80", Fit::Named),
        ("03:00.1=10de:1b81", Fit::OtherIds),
        ("03:00.1=10df:1b80", Fit::OtherIds),
        ("03:00.*=10de:1b81", Fit::OtherIds),
        ("03:00.0=10de:1b81", Fit::Elsewhere),
        // Blanks, and what echo adds.
        (" 03:00.1 = 10de : 1b80 \n", Fit::Named),
        (", 00:01.0 / 1f.2 / 00.1,", Fit::Named),
    ];
    for (text, expected) in table {
        assert_eq!(fit(text, route, (0x10de, 0x1b80)), expected, "{text:?}");
    }
}

#[test]
fn blanks_divide() {
    let texts: Vec<_> =
        devices::parse(b"01:00.0 02:00.* \t00:01.0 / 00.0 = 1 : 2\n03:00.0,04:00.0")
            .map(|place| String::from_utf8(place.unwrap().text.to_vec()).unwrap())
            .collect();
    let expected = [
        "01:00.0",
        "02:00.*",
        "00:01.0 / 00.0 = 1 : 2",
        "03:00.0",
        "04:00.0",
    ];
    assert_eq!(texts, expected);
    let (entry, _) = devices::entries(b"01:00.0 02:00.*").nth(1).unwrap();
    assert_eq!(entry.to_string(), "devices= entry 2 \"02:00.*\"");
}

#[test]
fn nobody_is_meant() {
    assert_eq!(devices::parse(b"").count(), 0);
    assert_eq!(devices::parse(b" ,\n, ").count(), 0);
    // A route that ends early, as that of a device which is being removed may.
    assert_eq!(
        fit("00:01.0/00.0", &["0000:01:00.0"], (1, 1)),
        Fit::Elsewhere
    );
    assert_eq!(fit("01:00.0", &[], (1, 1)), Fit::Elsewhere);
}

/// Every bad entry: the text, which entry, at which byte, what.
#[test]
fn bad_entries() {
    use Field::*;
    use Reason::*;

    let table = [
        ("01", 1, 2, Slot, NoPlace),
        ("01:", 1, 3, Slot, NoPlace),
        (":00.0", 1, 0, Bus, NoPlace),
        ("::00.0", 1, 0, Domain, NoPlace),
        ("0::00.0", 1, 2, Bus, NoPlace),
        ("01:00", 1, 5, Function, NoPlace),
        ("01:00.", 1, 6, Function, NoPlace),
        ("01:.0", 1, 3, Slot, NoPlace),
        ("01:0g.0", 1, 4, Slot, NoPlace),
        ("01:00.0.0", 1, 7, Function, NoPlace),
        ("01:00.x", 1, 6, Function, NoPlace),
        ("01:00.**", 1, 6, Function, NoPlace),
        ("01:*.0", 1, 3, Slot, NoPlace),
        ("01:00.0 02:00", 2, 13, Function, NoPlace),
        ("01:00.0 x 02:00.0", 2, 8, Bus, NoPlace),
        ("1:2:3:04.0", 1, 5, Slot, NoPlace),
        ("1:2:3.0:4", 1, 7, Function, NoPlace),
        ("100:00.0", 1, 0, Bus, OutOfRange),
        ("01:20.0", 1, 3, Slot, OutOfRange),
        ("01:00.8", 1, 6, Function, OutOfRange),
        ("100000000:01:00.0", 1, 0, Domain, OutOfRange),
        ("01:00.0,0000:01:00.9", 2, 19, Function, OutOfRange),
        ("01:00.0/", 1, 8, Slot, NoPlace),
        ("01:00.0//00.0", 1, 8, Slot, NoPlace),
        ("01:00.0/00", 1, 10, Function, NoPlace),
        ("01:00.0/1:00.0", 1, 9, Slot, NoPlace),
        ("01:00.0/00.0/20.0", 1, 13, Slot, OutOfRange),
        ("01:00.*/00.0", 1, 7, Function, Wildcard),
        ("01:00.0/00.*/00.0", 1, 12, Function, Wildcard),
        ("01:00.0=", 1, 8, Vendor, Missing),
        ("01:00.0=10de", 1, 12, Device, Missing),
        ("01:00.0=10de:", 1, 13, Device, Missing),
        ("01:00.0=:1b80", 1, 8, Vendor, Missing),
        ("01:00.0=nvidia:1b80", 1, 8, Vendor, NotHexadecimal),
        ("01:00.0=10de:1b80:1", 1, 17, Device, NotHexadecimal),
        ("01:00.0=10de:1b80=1", 1, 17, Device, NotHexadecimal),
        ("01:00.0=10000:1b80", 1, 8, Vendor, TooLarge),
        ("01:00.0=10de:ffffffff", 1, 13, Device, TooLarge),
        ("=10de:1b80", 1, 0, Bus, NoPlace),
        ("10de:1b80", 1, 0, Bus, OutOfRange),
    ];
    for (text, position, offset, field, reason) in table {
        let bad = devices::parse(text.as_bytes())
            .find_map(Result::err)
            .expect(text);
        let found = (bad.position, bad.offset, bad.field, bad.reason);
        assert_eq!(found, (position, offset, field, reason), "{text:?}");
    }
}

#[test]
fn lines_for_the_log() {
    let line = |text: &[u8]| {
        let bad = devices::parse(text).find_map(Result::err);
        bad.expect("it is bad").to_string()
    };
    assert_eq!(
        line(b"01:00.0,02:00.8"),
        "devices= entry 2 \"02:00.8\" at character 15: function is larger than any; buses end at ff, \
         devices at 1f, functions at 7"
    );
    assert_eq!(
        line(b"01"),
        "devices= entry 1 \"01\" at character 3: device number is missing or no number; write \
         0000:01:00.0 as lspci -D does"
    );
}

/// Any address.
fn address() -> impl Strategy<Value = Address> {
    (any::<u32>(), any::<u8>(), 0..0x20u8, 0..8u8).prop_map(|(domain, bus, slot, function)| {
        Address {
            domain,
            bus,
            slot,
            function,
        }
    })
}

/// Writes an address as the kernel does.
fn name(address: &Address) -> String {
    let Address {
        domain,
        bus,
        slot,
        function,
    } = address;
    format!("{domain:04x}:{bus:02x}:{slot:02x}.{function}")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Addresses are read as they are written.
    #[test]
    fn addresses_are_read(address in address()) {
        prop_assert_eq!(Address::parse(name(&address).as_bytes()), Some(address));
    }

    /// A device is found by each path that leads to it, and no other device is.
    #[test]
    fn paths_lead(
        route in prop::collection::vec(address(), 1..6),
        from in 0..6usize,
        ids in any::<(u16, u16)>(),
        other in address(),
        change in 0..6usize,
    ) {
        let domain = route[0].domain;
        let mut route: Vec<_> = route.into_iter().map(|a| Address { domain, ..a }).collect();
        let from = from % route.len();
        let mut text = name(&route[from]);
        for hop in route[..from].iter().rev() {
            text += &format!("/{:02x}.{}", hop.slot, hop.function);
        }
        text += &format!("={:04x}:{:04x}", ids.0, ids.1);
        let place = devices::parse(text.as_bytes()).next().unwrap().unwrap();
        prop_assert_eq!(place.fit(route.iter().copied(), ids), Fit::Named);
        prop_assert_eq!(place.fit(route.iter().copied(), (!ids.0, ids.1)), Fit::OtherIds);
        prop_assert_eq!(place.fit(route.iter().copied(), (ids.0, !ids.1)), Fit::OtherIds);

        // What is above the path does not matter, what is on it does.
        let change = change % route.len();
        let matters = change <= from;
        route[change].slot ^= if matters { 1 } else { other.slot };
        let expected = if matters { Fit::Elsewhere } else { Fit::Named };
        prop_assert_eq!(place.fit(route.iter().copied(), ids), expected);
    }

    /// Whatever the text is: entries are counted right, bad ones are named where they are, and a good
    /// one cannot mean two functions unless it says so.
    #[test]
    fn any_text(text in prop::collection::vec(prop::sample::select(b"0123f:./*=, x".to_vec()), 0..40)) {
        let dividers = text.iter().filter(|&&byte| matches!(byte, b',' | b' ')).count();
        let mut entries = 0;
        for entry in devices::parse(&text) {
            entries += 1;
            match entry {
                Ok(place) => {
                    let wildcard = place.text.contains(&b'*');
                    let routes = (0..8u8).filter(|&function| {
                        let last = Address { domain: 0, bus: 0, slot: 0, function };
                        place.fit([last].into_iter(), (0, 0)) != Fit::Elsewhere
                    });
                    prop_assert!(wildcard || routes.count() <= 1);
                }
                Err(bad) => {
                    prop_assert!(bad.position <= dividers + 1);
                    prop_assert!(bad.offset <= text.len());
                    prop_assert!(bad.to_string().len() < 256);
                }
            }
        }
        prop_assert!(entries <= dividers + 1);
    }
}
