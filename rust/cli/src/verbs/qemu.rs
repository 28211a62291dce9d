// SPDX-License-Identifier: GPL-2.0

//! `vga-stub qemu`: a card as arguments of QEMU's.

use clap::Args;

use crate::{
    assignment::{
        rom_file,
        Assignment,
        Firmware,
        Member,
        Note, //
    },
    card,
    command::Context,
    facts::{
        host::Options,
        Host, //
    },
    verbs::hints,
    Failure,
    GOOD, //
};

/// The chassis that the root port is in; those of other ports are counted from 0.
const CHASSIS: u8 = 250;
/// The slot on a root bus.
const ROOT_SLOT: &str = "10";
/// The name of the object by which IOMMUFD is opened.
const IOMMUFD: &str = "vga-stub-iommufd";

/// Print QEMU's arguments for a whole card, on one slot of the guest
///
/// One argument a line. The guest's machine is to be q35; with pc: --bus pci.0. What is to be done
/// besides goes to standard error: which choice the file legacy wants, and a ROM file where the card
/// cannot show its ROM to the guest. It changes nothing.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  it was printed
  2  there is no such card, or it could not be looked at

Examples:
  vga-stub handoff 01:00
  vga-stub qemu 01:00 --null | xargs -0 qemu-system-x86_64 -machine q35 -accel kvm -m 8G
  qemu-system-x86_64 -vga none $(vga-stub qemu 01:00 --seabios --bus pci.0)")]
pub(crate) struct QemuArgs {
    /// The card
    card: String,

    /// The bus in the guest, by its ID; a root port of its own if there is none
    #[arg(long, value_name = "ID", value_parser = id)]
    bus: Option<String>,

    /// Give the guest the card's legacy VGA ranges, which SeaBIOS uses (x-vga)
    #[arg(long)]
    seabios: bool,

    /// Give the card by IOMMUFD, which takes a kernel that has it
    #[arg(long)]
    iommufd: bool,

    /// End each argument in a NUL instead of a line end, for xargs -0
    #[arg(long)]
    null: bool,
}

/// Reads the ID of a bus: a comma would end it for QEMU.
fn id(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    if text.is_empty() || !text.chars().all(good) {
        return Err("an ID of QEMU's has letters, digits, '-', '.' and '_'".into());
    }
    Ok(text.to_owned())
}

/// Does it.
pub(crate) fn run(context: &Context, args: &QemuArgs) -> Result<u8, Failure> {
    let host = Host::read(&*context.source, &Options::default());
    let selected = card::resolve(&host, &args.card).map_err(Failure::Read)?;
    let assignment = Assignment::new(&host, &selected).map_err(Failure::Read)?;
    let end = if args.null { "\0" } else { "\n" };
    let text: String = arguments(&assignment, args)
        .iter()
        .flat_map(|argument| [argument, end])
        .collect();
    context.print_raw(&text)?;
    if !context.global.quiet {
        let firmware = if args.seabios {
            Firmware::Bios
        } else {
            Firmware::Uefi
        };
        let mut notes = vec![Note {
            text: assignment.title(),
            commands: vec![],
        }];
        notes.extend(assignment.notes(firmware, false));
        hints::print(&notes);
    }
    Ok(GOOD)
}

/// Returns the arguments.
fn arguments(assignment: &Assignment<'_>, args: &QemuArgs) -> Vec<String> {
    let mut out = Vec::new();
    if args.iommufd {
        out.push("-object".to_owned());
        out.push(format!("iommufd,id={IOMMUFD}"));
    }
    let at = assignment.members.first().map(|member| member.function);
    let (bus, slot) = match &args.bus {
        Some(id) if id == "pci.0" || id == "pcie.0" => (Some(id.clone()), ROOT_SLOT),
        Some(id) => (Some(id.clone()), "00"),
        // On the root bus of whichever machine it is.
        None if assignment.is_integrated() => (None, "02"),
        None => {
            let card = assignment.card.replace([':', '.'], "-");
            let id = format!("vga-stub-{card}");
            // No two ports are in the same slot of a chassis.
            let slot = at.map_or(0, |function| {
                (u16::from(function.address.bus) << 5) | u16::from(function.address.slot)
            });
            out.push("-device".to_owned());
            out.push(format!(
                "pcie-root-port,id={id},bus=pcie.0,chassis={CHASSIS},slot={slot}"
            ));
            (Some(id), "00")
        }
    };
    for member in &assignment.members {
        out.push("-device".to_owned());
        out.push(device(assignment, member, args, bus.as_deref(), slot));
    }
    out
}

/// Returns the argument for a function.
fn device(
    assignment: &Assignment<'_>,
    member: &Member<'_>,
    args: &QemuArgs,
    bus: Option<&str>,
    slot: &str,
) -> String {
    let function = member.function;
    let mut out = format!("vfio-pci,host={}", function.name);
    if let Some(bus) = bus {
        out += &format!(",bus={bus}");
    }
    out += &format!(",addr={slot}.{}", member.number);
    if member.number == 0 && assignment.members.len() > 1 {
        out += ",multifunction=on";
    }
    if args.seabios && member.is_vga() {
        out += ",x-vga=on";
    }
    if assignment.is_integrated() && member.is_vga() {
        out += ",x-igd-opregion=on";
    }
    if member.rom.takes_file() {
        out += &format!(",romfile={}", rom_file(function));
    }
    if args.iommufd {
        out += &format!(",iommufd={IOMMUFD}");
    }
    out
}
