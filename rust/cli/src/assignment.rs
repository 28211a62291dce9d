// SPDX-License-Identifier: GPL-2.0

//! How a guest gets a card: its functions on one slot of the guest, its ROM, what its guest does with
//! legacy VGA, and what is to be done before.

use vga_stub_core::{
    decode::{
        is_vga_class,
        Kind, //
    },
    legacy::{
        refusal,
        Choice,
        Place, //
    },
};

use crate::{
    card::Selected,
    facts::{
        Datum,
        Function,
        Host, //
    },
};

/// Where ROM files are that QEMU may read by Debian's and Ubuntu's AppArmor rules.
const ROMS: &str = "/usr/share/vgabios";
/// Where the kernel's shadow of the boot card's ROM is.
const SHADOW: u64 = 0xc_0000;
/// The number of the ROM among the base address registers.
const ROM_BAR: usize = 6;

/// The firmware that a guest boots with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Firmware {
    /// SeaBIOS.
    Bios,
    /// OVMF.
    Uefi,
    /// Either.
    Unknown,
}

/// Where the guest has a function's ROM from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rom {
    /// It needs none: the function is no display.
    Unneeded,
    /// The card shows it.
    Own,
    /// The card shows it; something is wrong with it: `rom_status`.
    Broken(String),
    /// vga-stub has it from where `rom_source` says, and the card cannot show it.
    Captured(String),
    /// The card shows the shadow, which the firmware has changed.
    Shadow,
    /// There is none.
    None,
    /// It was not read: the module has never had the function.
    Unread,
    /// What the module has could not be seen: what it takes.
    Unseen(String),
}

impl Rom {
    /// Returns where a function's guest has it from.
    fn of(function: &Function) -> Self {
        if !function.is_display() {
            return Self::Unneeded;
        }
        let claimed = match &function.claimed {
            Datum::Known(claimed) => claimed,
            Datum::Absent => return Self::Unread,
            Datum::Unreadable(needs) => return Self::Unseen(needs.clone()),
        };
        let (source, status) = match (&claimed.rom_source, &claimed.rom_status) {
            (Datum::Known(source), Datum::Known(status)) => (source.as_str(), status.as_str()),
            (Datum::Unreadable(needs), _) | (_, Datum::Unreadable(needs)) => {
                return Self::Unseen(needs.clone())
            }
            _ => return Self::Unread,
        };
        match source {
            "none" => Self::None,
            "shadow" => Self::Shadow,
            "acpi-rom" | "acpi-vfct" => Self::Captured(source.to_owned()),
            "efi" if !has_rom_bar(function) => Self::Captured(source.to_owned()),
            _ if status != "ok" => Self::Broken(status.to_owned()),
            _ => Self::Own,
        }
    }

    /// Returns whether the guest has to be given a file.
    pub(crate) const fn takes_file(&self) -> bool {
        matches!(self, Self::Captured(_) | Self::Shadow)
    }
}

/// Returns whether a function has a ROM of its own behind a base address register.
fn has_rom_bar(function: &Function) -> bool {
    let bars = function.details.bars.known().into_iter().flatten();
    bars.into_iter()
        .any(|bar| bar.index == ROM_BAR && bar.size > 0 && bar.start != SHADOW)
}

/// Returns the file with a function's ROM that a guest gets.
pub(crate) fn rom_file(function: &Function) -> String {
    format!("{ROMS}/{}.rom", function.name)
}

/// A function as the guest gets it.
#[derive(Clone, Debug)]
pub(crate) struct Member<'a> {
    /// The function.
    pub(crate) function: &'a Function,
    /// Its number in the guest.
    pub(crate) number: usize,
    /// Where the guest has its ROM from.
    pub(crate) rom: Rom,
}

impl Member<'_> {
    /// Returns whether it has legacy VGA ranges.
    pub(crate) fn is_vga(&self) -> bool {
        is_vga_class(self.function.identity.class)
    }
}

/// Something to be known or done before the guest starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Note {
    /// What it is.
    pub(crate) text: String,
    /// What is to be typed.
    pub(crate) commands: Vec<String>,
}

impl Note {
    /// Something to be known.
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            commands: Vec::new(),
        }
    }

    /// Something to be done.
    fn command(mut self, command: impl Into<String>) -> Self {
        self.commands.push(command.into());
        self
    }
}

/// How a guest gets a card.
#[derive(Clone, Debug)]
pub(crate) struct Assignment<'a> {
    /// The machine.
    host: &'a Host,
    /// How the card is named on the command line.
    pub(crate) card: String,
    /// Its functions that the guest gets, in rising order.
    pub(crate) members: Vec<Member<'a>>,
    /// How many functions the card has.
    whole: usize,
}

impl<'a> Assignment<'a> {
    /// Finds how a guest gets the one card that an argument means.
    pub(crate) fn new(host: &'a Host, selected: &[Selected<'a>]) -> Result<Self, String> {
        let [selected] = selected else {
            let slots: Vec<_> = selected.iter().map(|one| one.slot.to_string()).collect();
            return Err(format!(
                "these are {} cards, and a guest's slot takes one: {}; name one of them",
                slots.len(),
                slots.join(", ")
            ));
        };
        let slot = selected.slot;
        let mut functions = selected.functions.clone();
        functions.retain(|function| !function.is_bridge());
        functions.sort_by_key(|function| function.address.function);
        // The guest looks for further functions where there is a first one.
        let first = functions
            .first()
            .is_some_and(|function| function.address.function == 0);
        let members: Vec<_> = functions
            .into_iter()
            .enumerate()
            .map(|(at, function)| Member {
                function,
                number: if first {
                    function.address.function.into()
                } else {
                    at
                },
                rom: Rom::of(function),
            })
            .collect();
        if members.is_empty() {
            return Err(format!(
                "{slot} has bridges only, which no guest can be given"
            ));
        }
        let all = host.functions().iter();
        let whole = all.filter(|function| function.slot() == slot && !function.is_bridge());
        let card = match members.as_slice() {
            [one] if selected.single => one.function.short().to_owned(),
            _ => slot.to_string(),
        };
        Ok(Self {
            host,
            card,
            members,
            whole: whole.count(),
        })
    }

    /// Returns the display controller, or the first function.
    fn main(&self) -> Option<&'a Function> {
        let mut members = self.members.iter();
        let display = members.find(|member| member.function.is_display());
        display
            .or(self.members.first())
            .map(|member| member.function)
    }

    /// Returns whether it is Intel's integrated graphics, which guests expect where it is.
    pub(crate) fn is_integrated(&self) -> bool {
        self.main().is_some_and(|function| {
            function.identity.vendor == 0x8086 && function.name == "0000:00:02.0"
        })
    }

    /// Returns what it is, in a line.
    pub(crate) fn title(&self) -> String {
        let words = self.main().map(Function::words).unwrap_or_default();
        let functions = match (self.members.len(), self.whole) {
            (1, 1) => "its only function".to_owned(),
            (some, all) if some < all => format!("{some} of its {all} functions"),
            (all, _) => format!("all {all} functions"),
        };
        format!("{} {words}: {functions}, {}", self.card, self.groups())
    }

    /// Returns its IOMMU groups in words.
    fn groups(&self) -> String {
        let mut groups: Vec<_> = self
            .members
            .iter()
            .filter_map(|member| member.function.group.known().copied())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let list: Vec<_> = groups.iter().map(u32::to_string).collect();
        match list.len() {
            0 => "no IOMMU group".into(),
            1 => format!("group {}", list.concat()),
            _ => format!("groups {}", list.join(" ")),
        }
    }

    /// Returns what is to be known and done before the guest starts. `reads` is by which file the
    /// guest gets a ROM that the card cannot show.
    pub(crate) fn notes(&self, firmware: Firmware, managed: bool) -> Vec<Note> {
        let mut notes = Vec::new();
        if self.members.len() < self.whole {
            notes.push(Note::new(
                "Drivers in the guest may want all functions of the card.",
            ));
        }
        notes.extend(self.groupless());
        notes.extend(self.strangers());
        let hosts = self.host_has();
        let held = hosts.is_none();
        notes.extend(hosts);
        if held && !managed {
            notes.push(
                Note::new("Before the guest starts, and after it has ended:")
                    .command(format!("vga-stub handoff {}", self.card))
                    .command(format!("vga-stub reclaim {}", self.card)),
            );
        }
        for member in &self.members {
            notes.extend(rom_note(member));
            notes.extend(self.legacy_note(member, firmware));
        }
        if self.is_integrated() {
            notes.push(Note::new(
                "Intel's integrated graphics: guests expect them at 00:02.0, the boot screen takes a \
                 GOP driver out of the firmware. vga-stub explain igd has more.",
            ));
        }
        notes
    }

    /// Says that there is no IOMMU group.
    fn groupless(&self) -> Option<Note> {
        let mut members = self.members.iter();
        let none = members.any(|member| member.function.group.is_absent());
        none.then(|| {
            Note::new(
                "Without an IOMMU group vfio-pci gives a card to no guest; what is wrong says:",
            )
            .command(format!("vga-stub doctor {}", self.card))
        })
    }

    /// Says what else is in the card's groups.
    fn strangers(&self) -> Option<Note> {
        let mut strangers: Vec<&Function> = Vec::new();
        for function in self.members.iter().map(|member| member.function) {
            let members = self.host.group(function).into_iter();
            for other in members
                .flat_map(|group| &group.members)
                .filter_map(|name| self.host.function(name))
            {
                let known = strangers.iter().any(|known| known.name == other.name);
                if !known && !other.is_bridge() && other.slot() != function.slot() {
                    strangers.push(other);
                }
            }
        }
        if strangers.is_empty() {
            return None;
        }
        let list: Vec<_> = strangers
            .iter()
            .map(|function| format!("{} {}", function.short(), function.words()))
            .collect();
        let mut note = Note::new(format!(
            "Left out, though in the same IOMMU group: {}. The guest starts only while no driver of \
             the host has them.",
            list.join(", ")
        ));
        for function in strangers {
            if function.host_driver().is_some() {
                note = note.command(format!("vga-stub hold {}", function.short()));
            }
        }
        Some(note)
    }

    /// Says which functions drivers of the host have.
    fn host_has(&self) -> Option<Note> {
        let list: Vec<_> = self
            .members
            .iter()
            .filter_map(|member| {
                let driver = member.function.host_driver()?;
                Some(format!("{} ({driver})", member.function.short()))
            })
            .collect();
        (!list.is_empty()).then(|| {
            Note::new(format!(
                "The host has {}. Take the card from it before the guest starts; vga-stub setup does \
                 it for each boot:",
                list.join(", ")
            ))
            .command(format!("vga-stub hold {}", self.card))
        })
    }

    /// Says which choice `legacy` a VGA function's guest wants.
    fn legacy_note(&self, member: &Member<'_>, firmware: Firmware) -> Option<Note> {
        if !member.is_vga() {
            return None;
        }
        let function = member.function;
        let file = format!("/sys/class/vga_stub/{}/legacy", function.name);
        let refused = refusal(Choice::None, Kind::Vga, self.place(function));
        let uefi = match refused {
            None => Note::new(
                "A UEFI guest (OVMF) does not use legacy VGA; so that the host's arbiter does not \
                 count its card:",
            )
            .command(format!("echo none >{file}")),
            Some(refused) => Note::new(format!(
                "A UEFI guest (OVMF) does not use legacy VGA, but the choice none is refused for {}: \
                 {}. Leave it arbitrated.",
                function.short(),
                refused.message()
            )),
        };
        let current = match &function.claimed {
            Datum::Known(claimed) => claimed.legacy.known().map(String::as_str),
            _ => None,
        };
        let bios = match current {
            None | Some("arbitrated") => Note::new(
                "A BIOS guest (SeaBIOS with x-vga) asks the arbiter for legacy VGA: leave the choice \
                 arbitrated, the default.",
            ),
            Some(_) => {
                Note::new("A BIOS guest (SeaBIOS with x-vga) asks the arbiter for legacy VGA:")
                    .command(format!("echo arbitrated >{file}"))
            }
        };
        Some(match firmware {
            Firmware::Uefi => uefi,
            Firmware::Bios => bios,
            Firmware::Unknown => Note {
                text: format!("{} {}", bios.text, uefi.text),
                commands: [bios.commands, uefi.commands].concat(),
            },
        })
    }

    /// Returns where a VGA card is, as the arbiter sees it.
    fn place(&self, function: &Function) -> Place {
        let bridge = function.route.get(1);
        let others = self.host.functions().iter().filter(|other| {
            let below =
                bridge.is_some_and(|bridge| other.route.iter().skip(1).any(|at| at == bridge));
            other.name != function.name && is_vga_class(other.identity.class) && below
        });
        Place::new(bridge.is_some(), others.count())
    }
}

/// Says what is to be known of a function's ROM, where it is not as it should be.
fn rom_note(member: &Member<'_>) -> Option<Note> {
    let function = member.function;
    let name = function.short();
    let copy = format!(
        "install -D -m 644 /sys/class/vga_stub/{}/rom {}",
        function.name,
        rom_file(function)
    );
    Some(match &member.rom {
        Rom::Unneeded | Rom::Own => return None,
        Rom::Broken(status) => Note::new(format!(
            "Something is wrong with the ROM of {name}: {status}; vga-stub explain rom-bad"
        )),
        Rom::Captured(source) => Note::new(format!(
            "{name} cannot show its ROM to the guest. vga-stub has it (rom_source {source}), and the \
             guest gets it as a file. Write it once, as root:"
        ))
        .command(copy),
        Rom::Shadow => Note::new(format!(
            "vga-stub has only the shadow of {name}'s ROM, which the firmware has changed. Boot with \
             the other card once. If rom_source says bar then, write the file:"
        ))
        .command(copy),
        // A 3D controller has no screen, and no ROM that a guest's firmware would run.
        Rom::None if !member.is_vga() => return None,
        Rom::None => Note::new(format!(
            "No ROM was found for {name}: its screen stays dark until the guest's driver runs. With a \
             ROM file from elsewhere: romfile"
        )),
        Rom::Unread => Note::new(format!(
            "The ROM of {name} is not known, as vga-stub has not had the card yet. Look again when it \
             holds it."
        )),
        Rom::Unseen(needs) => Note::new(format!("To see the ROM of {name} takes {needs}.")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card,
        facts::testing::{
            good,
            Machine, //
        }, //
    };

    const CLAIMED: &str = "/sys/class/vga_stub/0000:01:00.0";

    /// Runs something on how a guest gets the card of a machine.
    fn with<T>(machine: &Machine, card: &str, run: impl FnOnce(&Assignment<'_>) -> T) -> T {
        let host = machine.host();
        let selected = card::resolve(&host, card).unwrap();
        run(&Assignment::new(&host, &selected).unwrap())
    }

    /// The usual machine, whose card has its ROM from there, and a ROM BAR or not.
    fn rom(source: &str, status: &str, bar: &str) -> Rom {
        let none = "0x0 0x0 0x0\n".repeat(6);
        let machine = good()
            .file(&format!("{CLAIMED}/rom_source"), &format!("{source}\n"))
            .file(&format!("{CLAIMED}/rom_status"), &format!("{status}\n"))
            .pci("0000:01:00.0", "resource", &format!("{none}{bar}\n"));
        with(&machine, "01:00", |assignment| {
            assignment.members[0].rom.clone()
        })
    }

    #[test]
    fn a_file_where_the_card_cannot_show_its_rom() {
        let bar = "0xd1000000 0xd100ffff 0x46200";
        let shadow = "0xc0000 0xdffff 0x212";
        assert_eq!(rom("bar", "ok", bar), Rom::Own);
        assert_eq!(
            rom("bar", "truncated", bar),
            Rom::Broken("truncated".into())
        );
        assert_eq!(rom("efi", "ok", bar), Rom::Own);
        for no_bar in [shadow, "0x0 0x0 0x0"] {
            assert_eq!(rom("efi", "ok", no_bar), Rom::Captured("efi".into()));
        }
        for source in ["acpi-rom", "acpi-vfct"] {
            assert_eq!(rom(source, "ok", bar), Rom::Captured(source.into()));
        }
        assert_eq!(rom("shadow", "ok", shadow), Rom::Shadow);
        assert_eq!(rom("none", "none", "0x0 0x0 0x0"), Rom::None);
        for (rom, takes) in [
            (Rom::Own, false),
            (Rom::None, false),
            (Rom::Unread, false),
            (Rom::Shadow, true),
            (Rom::Captured("efi".into()), true),
        ] {
            assert_eq!(rom.takes_file(), takes, "{rom:?}");
        }
    }

    #[test]
    fn what_cannot_be_seen_is_not_taken_for_absent() {
        let machine = good().denied(&format!("{CLAIMED}/rom_source"));
        with(&machine, "01:00", |assignment| {
            assert_eq!(assignment.members[0].rom, Rom::Unseen("root".into()));
            let notes = assignment.notes(Firmware::Uefi, true);
            assert!(notes.iter().any(|note| note.text.ends_with("takes root.")));
        });
    }

    #[test]
    fn a_guest_has_a_first_function() {
        let numbers = |card: &str| {
            with(&good(), card, |assignment| {
                let members = assignment.members.iter();
                members.map(|member| member.number).collect::<Vec<_>>()
            })
        };
        assert_eq!(numbers("01:00"), [0, 1]);
        assert_eq!(numbers("01:00.1"), [0]);
    }

    #[test]
    fn what_is_no_card_for_a_guest() {
        let error = |card: &str| {
            let host = good()
                .card("0000:02:00.0", "00:02.0", "10de", "2684", "030000")
                .file(
                    "/sys/module/vga_stub/parameters/devices",
                    "00:01.0/00.*,02:00.0\n",
                )
                .host();
            let selected = card::resolve(&host, card).unwrap();
            Assignment::new(&host, &selected).unwrap_err()
        };
        assert!(error("00:01").contains("bridges only"));
        assert!(error("all").starts_with("these are 2 cards"));
    }

    #[test]
    fn the_choice_for_legacy_vga() {
        let texts = |machine: &Machine, firmware| {
            with(machine, "01:00", |assignment| {
                let notes = assignment.notes(firmware, true);
                notes
                    .into_iter()
                    .flat_map(|note| [vec![note.text], note.commands].concat())
                    .collect::<Vec<_>>()
                    .join("\n")
            })
        };
        let none = format!("echo none >{CLAIMED}/legacy");
        assert!(texts(&good(), Firmware::Uefi).contains(&none));
        assert!(texts(&good(), Firmware::Unknown).contains(&none));
        assert!(!texts(&good(), Firmware::Bios).contains(&none));
        // Another VGA card behind the same bridge.
        let shared = good().card("0000:01:01.0", "0000:00:01.0", "1002", "744c", "030000");
        let text = texts(&shared, Firmware::Uefi);
        assert!(!text.contains(&none) && text.contains("behind the same bridge"));
        let chosen = good().file(&format!("{CLAIMED}/legacy"), "none\n");
        assert!(texts(&chosen, Firmware::Bios).contains(">/sys/class/vga_stub/0000:01:00.0/legacy"));
        // A card without legacy VGA has no choice.
        let muxless = good().card("0000:01:00.0", "0000:00:01.0", "10de", "2684", "030200");
        assert!(!texts(&muxless.held("0000:01:00.0"), Firmware::Unknown).contains("legacy"));
    }
}
