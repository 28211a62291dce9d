// SPDX-License-Identifier: GPL-2.0

//! Group moves: tables for the cases that users have, properties for all others.

use proptest::{
    collection::vec,
    prelude::*,
    sample::select, //
};
use vga_stub_core::{
    decode::Kind,
    group::{
        back,
        is_name,
        is_same_name,
        next,
        Binding,
        Direction,
        Errno,
        Member,
        Refusal,
        Request,
        Scope, //
    },
};

use Binding::*;
use Direction::*;
use Kind::*;

/// A member that vga-stub claimed.
fn ours(kind: Kind, binding: Binding) -> Member {
    Member {
        kind,
        claimed: true,
        asked: false,
        binding,
        arrived: false,
        answers: true,
    }
}

/// A member that vga-stub has nothing to do with.
fn other(binding: Binding) -> Member {
    Member {
        claimed: false,
        ..ours(Companion, binding)
    }
}

/// The one whose file was written to.
fn asked(kind: Kind, binding: Binding) -> Member {
    Member {
        asked: true,
        ..ours(kind, binding)
    }
}

/// The indices of those who move, in their order, as the module asks for them.
fn moves(direction: Direction, members: &[Member]) -> Vec<usize> {
    (0..)
        .map_while(|done| next(direction, members, done))
        .collect()
}

/// Those who are in the way, and why.
fn refusals(direction: Direction, members: &[Member]) -> Vec<(usize, Refusal)> {
    members
        .iter()
        .enumerate()
        .filter_map(|(index, member)| Some((index, direction.refusal(member)?)))
        .collect()
}

/// What it is, where it goes, the members, who is in the way, who moves.
type Case = (
    &'static str,
    Direction,
    Vec<Member>,
    Vec<(usize, Refusal)>,
    Vec<usize>,
);

#[test]
fn groups_that_users_have() {
    let gpu = |vga, audio, usb| vec![ours(Vga, vga), ours(Companion, audio), ours(Companion, usb)];
    let table: [Case; 23] = [
        ("nobody", HandOff, vec![], vec![], vec![]),
        ("one card", HandOff, vec![ours(Vga, Held)], vec![], vec![0]),
        (
            "one card back",
            Reclaim,
            vec![ours(Vga, Holder)],
            vec![],
            vec![0],
        ),
        (
            "companions first",
            HandOff,
            gpu(Held, Held, Held),
            vec![],
            vec![1, 2, 0],
        ),
        (
            "VGA first",
            Reclaim,
            gpu(Holder, Holder, Holder),
            vec![],
            vec![0, 1, 2],
        ),
        (
            "audio in use by the host",
            HandOff,
            gpu(Held, Other, Held),
            vec![(1, Refusal::Bound)],
            vec![2, 0],
        ),
        (
            "audio left unbound",
            HandOff,
            gpu(Held, Unbound, Held),
            vec![],
            vec![2, 0],
        ),
        (
            "audio is with vfio-pci",
            HandOff,
            gpu(Held, Holder, Held),
            vec![],
            vec![2, 0],
        ),
        (
            "audio comes back from nobody",
            Reclaim,
            gpu(Holder, Unbound, Held),
            vec![],
            vec![0, 1],
        ),
        (
            "the host took the card back",
            Reclaim,
            gpu(Other, Holder, Holder),
            vec![(0, Refusal::Bound)],
            vec![1, 2],
        ),
        (
            "nothing to do",
            HandOff,
            gpu(Holder, Holder, Holder),
            vec![],
            vec![],
        ),
        (
            "nothing to take back",
            Reclaim,
            gpu(Held, Held, Held),
            vec![],
            vec![],
        ),
        (
            "bridge with pcieport, function with none",
            HandOff,
            vec![other(Holder), ours(Vga, Held), other(Unbound)],
            vec![],
            vec![1],
        ),
        (
            "root disk in the group",
            HandOff,
            vec![other(Holder), ours(Vga, Held), other(Other)],
            vec![(2, Refusal::Bound)],
            vec![1],
        ),
        (
            "another's business does not hinder taking back ours",
            Reclaim,
            vec![other(Holder), ours(Vga, Holder), other(Other)],
            vec![],
            vec![1],
        ),
        (
            "all kinds",
            HandOff,
            vec![ours(Vga, Held), ours(Display, Held), ours(Companion, Held)],
            vec![],
            vec![2, 1, 0],
        ),
        (
            "all who are in the way are named",
            HandOff,
            vec![asked(Vga, Held), ours(Companion, Other), other(Other)],
            vec![(1, Refusal::Bound), (2, Refusal::Bound)],
            vec![0],
        ),
        (
            "asked of one that nobody has",
            HandOff,
            vec![asked(Vga, Unbound), ours(Companion, Held)],
            vec![(0, Refusal::NotHeld)],
            vec![1],
        ),
        (
            "asked of one that another holder has",
            HandOff,
            vec![asked(Vga, Open), ours(Companion, Held)],
            vec![(0, Refusal::NotHeld)],
            vec![1],
        ),
        (
            "asked of one that is there already",
            HandOff,
            vec![
                Member {
                    arrived: true,
                    ..asked(Vga, Open)
                },
                ours(Companion, Held),
            ],
            vec![],
            vec![1],
        ),
        (
            "one does not answer",
            HandOff,
            vec![
                asked(Vga, Held),
                Member {
                    answers: false,
                    ..ours(Companion, Held)
                },
            ],
            vec![(1, Refusal::Silent)],
            vec![1, 0],
        ),
        (
            "in use, each in its way",
            Reclaim,
            vec![
                asked(Vga, Open),
                ours(Companion, Given),
                other(Open),
                ours(Companion, Holder),
            ],
            vec![(0, Refusal::Open), (1, Refusal::Given)],
            vec![3],
        ),
        (
            "none answers, and none was to go",
            HandOff,
            vec![
                Member {
                    arrived: true,
                    answers: false,
                    ..asked(Vga, Holder)
                },
                Member {
                    answers: false,
                    ..other(Held)
                },
            ],
            vec![],
            vec![],
        ),
    ];
    for (what, direction, members, refused, moving) in table {
        assert_eq!(refusals(direction, &members), refused, "{what}");
        assert_eq!(moves(direction, &members), moving, "{what}");
    }
}

#[test]
fn texts_that_users_write() {
    let request = |word, scope| Some(Request { word, scope });
    let table: [(&[u8], _); 17] = [
        (b"1", request(b"1", Scope::Card)),
        (b"1\n", request(b"1", Scope::Card)),
        (b"\r\n 1\t", request(b"1", Scope::Card)),
        (b"vfio-pci", request(b"vfio-pci", Scope::Card)),
        (b"vfio-pci card", request(b"vfio-pci", Scope::Card)),
        (b"vfio-pci group\n", request(b"vfio-pci", Scope::Group)),
        (b"1\t \n group", request(b"1", Scope::Group)),
        (b"group", request(b"group", Scope::Card)),
        (b"card card", request(b"card", Scope::Card)),
        (b"", None),
        (b" \n", None),
        (b"1 1", None),
        (b"1 groups", None),
        (b"1 Group", None),
        (b"1 group group", None),
        (b"1 card\0", None),
        (b"vfio pci", None),
    ];
    for (text, parsed) in table {
        assert_eq!(Request::parse(text), parsed, "{text:?}");
    }
}

#[test]
fn names() {
    let long = [b'x'; 65];
    for (word, good) in [
        (&b"vfio-pci"[..], true),
        (b"vfio_pci", true),
        (b"2", true),
        (b"%s%n", true),
        (&long[..64], true),
        (&long, false),
        (b"", false),
        (b"../x", false),
        (b"a b", false),
        (b"a\0", false),
        (b"\x1b[31m", false),
        (b"\xff", false),
    ] {
        assert_eq!(is_name(word), good, "{word:?}");
    }
    for (one, other, same) in [
        (&b"vfio-pci"[..], &b"vfio-pci"[..], true),
        (b"vfio_pci", b"vfio-pci", true),
        (b"nvgrace-gpu_vfio-pci", b"nvgrace_gpu_vfio_pci", true),
        (b"vfio-pc", b"vfio-pci", false),
        (b"vfiopci", b"vfio-pci", false),
        (b"VFIO-PCI", b"vfio-pci", false),
        (b"", b"", true),
    ] {
        assert_eq!(is_same_name(one, other), same, "{one:?} {other:?}");
    }
}

/// The number is what scripts go by, the message what people do.
#[test]
fn errors() {
    use Errno::{Busy, Invalid, NoDevice, NotPermitted, Same};
    use Refusal::*;
    let all = [
        (HandOffText, Invalid),
        (HandOffParameter, Invalid),
        (ReclaimText, Invalid),
        (NoDriver, NoDevice),
        (NotLoaded, NotPermitted),
        (Ourselves, Invalid),
        (NoHolder, Invalid),
        (Bound, Busy),
        (Given, Busy),
        (Refusal::Open, Busy),
        (NotHeld, Busy),
        (Silent, NoDevice),
        (Gone, NoDevice),
        (Locked, Busy),
        (Refusal::Interrupted, Errno::Interrupted),
        (Unsettled, Busy),
        (Changed, Busy),
        (Stuck, Busy),
        (GroupInUse, Busy),
        (GroupReserved, Invalid),
        (GroupFailed, Same),
    ];
    for (refusal, errno) in all {
        assert_eq!(refusal.errno(), errno, "{refusal:?}");
    }
    for (one, _) in all {
        let same = all
            .iter()
            .filter(|(other, _)| one.message() == other.message());
        assert_eq!(same.count(), 1, "{one:?}");
        assert!(!one.message().ends_with('.'), "{one:?}");
    }
}

/// Any member.
fn member() -> impl Strategy<Value = Member> {
    let kind = select(vec![Vga, Display, Companion]);
    let binding = select(vec![Unbound, Held, Holder, Open, Given, Other]);
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (kind, binding, flags).prop_map(
        |(kind, binding, (claimed, asked, arrived, answers))| Member {
            kind,
            claimed,
            asked,
            binding,
            arrived,
            answers,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Only what is ours moves, each once, from where it has to be; it is taken from who has it.
    #[test]
    fn only_ours_move(members in vec(member(), 0..12)) {
        for direction in [HandOff, Reclaim] {
            let moving = moves(direction, &members);
            for (index, member) in members.iter().enumerate() {
                let from = match direction {
                    HandOff => member.binding == Held,
                    Reclaim => member.binding == Holder || member.binding == Unbound,
                };
                let times = moving.iter().filter(|&&moved| moved == index).count();
                prop_assert_eq!(times, usize::from(member.claimed && from));
                prop_assert_eq!(direction.takes(member), times == 1 && member.binding != Unbound);
            }
        }
    }

    /// All that is held can be given away, and the way back is in the opposite order.
    #[test]
    fn there_and_back(kinds in vec(select(vec![Vga, Display, Companion]), 0..12)) {
        let mut members: Vec<_> = kinds.iter().map(|&kind| ours(kind, Held)).collect();
        let there = moves(HandOff, &members);
        prop_assert_eq!(there.len(), members.len());
        for &index in &there {
            members[index].binding = Holder;
        }
        let turns: Vec<_> = moves(Reclaim, &members).iter().map(|&index| kinds[index]).collect();
        let opposite: Vec<_> = there.iter().rev().map(|&index| kinds[index]).collect();
        prop_assert_eq!(turns, opposite);
    }

    /// After a failure at any point all is as it was: the one that failed is seen to first, then
    /// those before it, the last one first.
    #[test]
    fn undone_is_as_it_was(members in vec(member(), 0..12), fails in 0..14usize) {
        for (direction, goal) in [(HandOff, Holder), (Reclaim, Held)] {
            let mut now = members.clone();
            let mut begun = Vec::new();
            while let Some(index) = next(direction, &members, begun.len()) {
                begun.push(index);
                if begun.len() > fails {
                    now[index].binding = Unbound;
                    break;
                }
                now[index].binding = goal;
            }
            let undone: Vec<_> = back(direction, &members, begun.len()).collect();
            begun.reverse();
            prop_assert_eq!(&undone, &begun);
            for index in undone {
                now[index].binding = members[index].binding;
            }
            prop_assert_eq!(&now, &members);
        }
    }

    /// A driver of the host is in the way as vfio would have it: for a hand-off whoever it is, for a
    /// reclaim with what is ours. Nothing that moves is in use, or has a driver of the host.
    #[test]
    fn who_is_in_the_way(member in member()) {
        let host = member.binding == Other;
        prop_assert_eq!(HandOff.refusal(&member) == Some(Refusal::Bound), host);
        prop_assert_eq!(Reclaim.refusal(&member) == Some(Refusal::Bound), host && member.claimed);
        for direction in [HandOff, Reclaim] {
            if direction.moves(&member) {
                let refusal = direction.refusal(&member);
                prop_assert!(refusal.is_none() || refusal == Some(Refusal::Silent));
            }
        }
    }

    /// Any text: at most two words are taken, and they are the text's.
    #[test]
    fn any_text(text in vec(any::<u8>(), 0..80)) {
        if let Some(request) = Request::parse(&text) {
            prop_assert!(!request.word.is_empty());
            prop_assert!(text.windows(request.word.len()).any(|part| part == request.word));
        }
        prop_assert!(!is_name(&text) || Request::parse(&text).is_some());
    }
}
