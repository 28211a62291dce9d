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
        blocker,
        moves,
        undo,
        Binding,
        Direction,
        Member, //
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
        binding,
    }
}

/// A member that vga-stub has nothing to do with.
fn other(binding: Binding) -> Member {
    Member {
        kind: Companion,
        claimed: false,
        binding,
    }
}

/// What it is, where it goes, the members, who blocks, who moves.
type Case = (
    &'static str,
    Direction,
    Vec<Member>,
    Option<usize>,
    Vec<usize>,
);

#[test]
fn groups_that_users_have() {
    let gpu = |vga, audio, usb| vec![ours(Vga, vga), ours(Companion, audio), ours(Companion, usb)];
    let table: [Case; 16] = [
        ("nobody", HandOff, vec![], None, vec![]),
        ("one card", HandOff, vec![ours(Vga, Held)], None, vec![0]),
        (
            "one card back",
            Reclaim,
            vec![ours(Vga, Holder)],
            None,
            vec![0],
        ),
        (
            "companions first",
            HandOff,
            gpu(Held, Held, Held),
            None,
            vec![1, 2, 0],
        ),
        (
            "VGA first",
            Reclaim,
            gpu(Holder, Holder, Holder),
            None,
            vec![0, 1, 2],
        ),
        (
            "audio in use by the host",
            HandOff,
            gpu(Held, Other, Held),
            Some(1),
            vec![2, 0],
        ),
        (
            "audio left unbound",
            HandOff,
            gpu(Held, Unbound, Held),
            None,
            vec![2, 0],
        ),
        (
            "audio is with vfio-pci",
            HandOff,
            gpu(Held, Holder, Held),
            None,
            vec![2, 0],
        ),
        (
            "audio comes back from nobody",
            Reclaim,
            gpu(Holder, Unbound, Held),
            None,
            vec![0, 1],
        ),
        (
            "the host took the card back",
            Reclaim,
            gpu(Other, Holder, Holder),
            Some(0),
            vec![1, 2],
        ),
        (
            "nothing to do",
            HandOff,
            gpu(Holder, Holder, Holder),
            None,
            vec![],
        ),
        (
            "nothing to take back",
            Reclaim,
            gpu(Held, Held, Held),
            None,
            vec![],
        ),
        (
            "bridge with pcieport, function with none",
            HandOff,
            vec![other(Holder), ours(Vga, Held), other(Unbound)],
            None,
            vec![1],
        ),
        (
            "root disk in the group",
            HandOff,
            vec![other(Holder), ours(Vga, Held), other(Other)],
            Some(2),
            vec![1],
        ),
        (
            "another's business does not hinder taking back ours",
            Reclaim,
            vec![other(Holder), ours(Vga, Holder), other(Other)],
            None,
            vec![1],
        ),
        (
            "all kinds",
            HandOff,
            vec![ours(Vga, Held), ours(Display, Held), ours(Companion, Held)],
            None,
            vec![2, 1, 0],
        ),
    ];
    for (what, direction, members, blocking, moving) in table {
        assert_eq!(blocker(direction, &members), blocking, "{what}");
        assert_eq!(
            moves(direction, &members).collect::<Vec<_>>(),
            moving,
            "{what}"
        );
    }
}

/// Any member.
fn member() -> impl Strategy<Value = Member> {
    let kind = select(vec![Vga, Display, Companion]);
    let binding = select(vec![Unbound, Held, Holder, InUse, Other]);
    (kind, any::<bool>(), binding).prop_map(|(kind, claimed, binding)| Member {
        kind,
        claimed,
        binding,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Only what is ours moves, each once, from where it has to be.
    #[test]
    fn only_ours_move(members in vec(member(), 0..12)) {
        for direction in [HandOff, Reclaim] {
            let moving: Vec<_> = moves(direction, &members).collect();
            for (index, member) in members.iter().enumerate() {
                let from = match direction {
                    HandOff => member.binding == Held,
                    Reclaim => member.binding == Holder || member.binding == Unbound,
                };
                let times = moving.iter().filter(|&&moved| moved == index).count();
                prop_assert_eq!(times, usize::from(member.claimed && from));
            }
        }
    }

    /// All that is held can be given away, and the way back is in the opposite order.
    #[test]
    fn there_and_back(kinds in vec(select(vec![Vga, Display, Companion]), 0..12)) {
        let mut members: Vec<_> = kinds.iter().map(|&kind| ours(kind, Held)).collect();
        let there: Vec<_> = moves(HandOff, &members).collect();
        prop_assert_eq!(there.len(), members.len());
        for &index in &there {
            members[index].binding = Holder;
        }
        let turns: Vec<_> = moves(Reclaim, &members).map(|index| kinds[index]).collect();
        let opposite: Vec<_> = there.iter().rev().map(|&index| kinds[index]).collect();
        prop_assert_eq!(turns, opposite);
    }

    /// After a failure at any point all is as it was.
    #[test]
    fn undone_is_as_it_was(members in vec(member(), 0..12), fails in 0..14usize) {
        for (direction, goal) in [(HandOff, Holder), (Reclaim, Held)] {
            let mut now = members.clone();
            let mut moved = Vec::new();
            for index in moves(direction, &members).take(fails) {
                now[index].binding = goal;
                moved.push(index);
            }
            let back: Vec<_> = undo(direction, &members, fails).collect();
            moved.reverse();
            prop_assert_eq!(&back, &moved);
            for index in back {
                now[index].binding = members[index].binding;
            }
            prop_assert_eq!(&now, &members);
        }
    }

    /// A member blocks as vfio would have it: for a hand-off whoever it is.
    #[test]
    fn who_blocks(members in vec(member(), 0..12)) {
        let first = |blocks: &dyn Fn(&Member) -> bool| members.iter().position(blocks);
        let busy = |member: &Member| member.binding == Other;
        prop_assert_eq!(blocker(HandOff, &members), first(&busy));
        let ours = |member: &Member| member.claimed && (busy(member) || member.binding == InUse);
        prop_assert_eq!(blocker(Reclaim, &members), first(&ours));
    }
}
