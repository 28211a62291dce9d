// SPDX-License-Identifier: GPL-2.0

//! `vga-stub xml`: a card for a domain of libvirt's.

mod domain;

use clap::{
    Args,
    ValueEnum, //
};

use self::domain::{
    port_of,
    Port, //
};
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
        guests::number,
        host::Options,
        Function,
        Host, //
    },
    text::{
        escape::printable,
        shell::quoted,
        wrap::wrap, //
    },
    verbs::hints,
    Failure,
    GOOD, //
};

/// Print libvirt's XML of a whole card, on one slot of the guest
///
/// What is printed goes into a domain before </devices>. Comments say what is to be done besides:
/// which choice the file legacy wants, and a ROM file where the card cannot show its ROM to the
/// guest. It changes nothing; --domain takes root.
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status:
  0  it was printed
  2  there is no such card or domain, or it could not be looked at

Examples:
  vga-stub xml 01:00
  vga-stub xml 01:00 --domain win11 --quiet >card.xml
  EDITOR=\"sed -i '/<.devices>/e cat card.xml'\" virsh edit win11")]
pub(crate) struct XmlArgs {
    /// The card
    card: String,

    /// Choose a free root port of this domain
    #[arg(long, value_name = "NAME")]
    domain: Option<String>,

    /// The bus in the guest: the index of its controller; one of its own if there is none
    #[arg(long, value_name = "N", value_parser = bus)]
    bus: Option<u32>,

    /// Whether libvirt takes the card to vfio-pci and back
    #[arg(
        long,
        value_name = "yes|no",
        hide_possible_values = true,
        default_value = "yes"
    )]
    managed: Managed,

    /// Add what a BIOS guest takes to show its boot text: x-vga
    #[arg(long)]
    seabios: bool,

    /// Give the card by IOMMUFD, which takes libvirt 12 and a kernel that has it
    #[arg(long)]
    iommufd: bool,
}

/// Whether libvirt moves the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Managed {
    /// It does
    Yes,
    /// It does not
    No,
}

/// Reads the number of a bus.
fn bus(text: &str) -> Result<u32, String> {
    let bus = number(text).filter(|&bus| bus <= 255);
    bus.ok_or_else(|| "a bus is a number up to 255, or 0xff".into())
}

/// Does it.
pub(crate) fn run(context: &Context, args: &XmlArgs) -> Result<u8, Failure> {
    let host = Host::read(&*context.source, &Options::default());
    let selected = card::resolve(&host, &args.card).map_err(Failure::Read)?;
    let assignment = Assignment::new(&host, &selected).map_err(Failure::Read)?;
    let (port, firmware) = place(&host, &assignment, args).map_err(Failure::Read)?;
    let mut notes = assignment.notes(firmware, args.managed == Managed::Yes);
    notes.extend(port.notes(&assignment));
    context.print(&fragment(&assignment, args, &port, firmware, &notes))?;
    if !context.global.quiet {
        hints::print(&after(&assignment, args));
    }
    Ok(GOOD)
}

/// Returns the XML of every card, for each domain: for the fuzzer and tests.
pub(crate) fn everything(host: &Host) -> String {
    let mut out = String::new();
    let domains = host.guests.all.known().into_iter().flatten();
    let mut names: Vec<_> = domains.map(|domain| Some(domain.name.clone())).collect();
    names.push(None);
    for function in host.functions() {
        let Ok(selected) = card::resolve(host, &function.slot().to_string()) else {
            continue;
        };
        let Ok(assignment) = Assignment::new(host, &selected) else {
            continue;
        };
        for domain in &names {
            let args = XmlArgs {
                card: String::new(),
                domain: domain.clone(),
                bus: None,
                managed: Managed::Yes,
                seabios: true,
                iommufd: true,
            };
            if let Ok((port, firmware)) = place(host, &assignment, &args) {
                let notes = assignment.notes(firmware, true);
                out += &fragment(&assignment, &args, &port, firmware, &notes);
            }
        }
    }
    format!("<devices>\n{out}</devices>\n")
}

/// Finds where in the guest the card goes, and what the guest boots with.
fn place(
    host: &Host,
    assignment: &Assignment<'_>,
    args: &XmlArgs,
) -> Result<(Port, Firmware), String> {
    let mut firmware = Firmware::Unknown;
    let mut port = match args.bus {
        Some(bus) => Port::on(bus),
        None if assignment.is_integrated() => Port::integrated(),
        None => Port::new(),
    };
    if let Some(name) = &args.domain {
        let domain = domain::find(host, name)?;
        port = port_of(domain, assignment, args.bus)?;
        firmware = if domain.uefi {
            Firmware::Uefi
        } else {
            Firmware::Bios
        };
    }
    if args.seabios {
        firmware = Firmware::Bios;
    }
    Ok((port, firmware))
}

/// Returns what goes into the domain.
fn fragment(
    assignment: &Assignment<'_>,
    args: &XmlArgs,
    port: &Port,
    firmware: Firmware,
    notes: &[Note],
) -> String {
    let mut out = comment(&assignment.title(), notes);
    if port.new {
        out += &format!(
            "<controller type='pci' index='{}' model='pcie-root-port'/>\n",
            port.bus
        );
    }
    for member in &assignment.members {
        out += &hostdev(assignment, member, args, port, firmware);
    }
    if firmware == Firmware::Bios {
        out += &overrides(assignment);
    }
    out
}

/// Returns the element of a function.
fn hostdev(
    assignment: &Assignment<'_>,
    member: &Member<'_>,
    args: &XmlArgs,
    port: &Port,
    firmware: Firmware,
) -> String {
    let managed = if args.managed == Managed::Yes {
        "yes"
    } else {
        "no"
    };
    let at = member.function.address;
    let mut out = format!("<hostdev mode='subsystem' type='pci' managed='{managed}'>\n");
    if args.iommufd {
        out += "  <driver iommufd='yes'/>\n";
    }
    out += &format!(
        "  <source>\n    <address domain='0x{:04x}' bus='0x{:02x}' slot='0x{:02x}' \
         function='0x{:x}'/>\n  </source>\n",
        at.domain, at.bus, at.slot, at.function
    );
    if firmware == Firmware::Bios && member.is_vga() {
        out += &format!("  <alias name='{}'/>\n", alias(member.function));
    }
    if member.rom.takes_file() {
        out += &format!("  <rom file='{}'/>\n", rom_file(member.function));
    }
    let several = if member.number == 0 && assignment.members.len() > 1 {
        "\n           multifunction='on'"
    } else {
        ""
    };
    out += &format!(
        "  <address type='pci' domain='0x0000' bus='0x{:02x}' slot='0x{:02x}' \
         function='0x{:x}'{several}/>\n",
        port.bus, port.slot, member.number
    );
    out + "</hostdev>\n"
}

/// Returns the name that a function's device gets in QEMU: libvirt takes such that begin with ua-.
fn alias(function: &Function) -> String {
    format!("ua-vga-{}", function.name.replace([':', '.'], "-"))
}

/// Returns what goes into the domain outside its devices, so that a BIOS guest's firmware runs the
/// card's ROM on legacy VGA.
fn overrides(assignment: &Assignment<'_>) -> String {
    let devices = assignment
        .members
        .iter()
        .filter(|member| member.is_vga())
        .map(|member| {
            format!(
                "  <qemu:device alias='{}'>\n    <qemu:frontend>\n      <qemu:property name='x-vga' \
                 type='bool' value='true'/>\n    </qemu:frontend>\n  </qemu:device>\n",
                alias(member.function)
            )
        })
        .collect::<Vec<_>>()
        .concat();
    if devices.is_empty() {
        return devices;
    }
    format!(
        "<!-- For the boot text of a BIOS guest, before </domain>:\n<qemu:override \
         xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>\n{devices}</qemu:override>\n-->\n"
    )
}

/// Returns notes as a comment.
fn comment(title: &str, notes: &[Note]) -> String {
    let mut text = String::new();
    wrap(&mut text, "     ", title);
    for note in notes {
        text.push('\n');
        wrap(&mut text, "     ", &note.text);
        for command in &note.commands {
            text += &format!("       {command}\n");
        }
    }
    // Two hyphens end a comment; a device's name may have them.
    while text.contains("--") {
        text = text.replace("--", "- -");
    }
    // Nor may it have these.
    let text = text.replace(['\u{fffe}', '\u{ffff}'], "?");
    let lines: String = text
        .lines()
        .flat_map(|line| [printable(line).into_owned(), "\n".into()])
        .collect();
    format!("<!-- {}-->\n", lines.trim_start())
}

/// Says how what was printed gets into a domain.
fn after(assignment: &Assignment<'_>, args: &XmlArgs) -> Vec<Note> {
    match &args.domain {
        Some(name) => {
            let name = quoted(name);
            vec![Note {
                text: format!("To put it into {name}, with sed as the editor:"),
                commands: vec![
                    format!(
                        "vga-stub xml {} --domain {name} --quiet >card.xml",
                        assignment.card
                    ),
                    format!("EDITOR=\"sed -i '/<.devices>/e cat card.xml'\" virsh edit {name}"),
                ],
            }]
        }
        None => vec![Note {
            text: "To put it into a domain: virsh edit NAME, before </devices>. --domain NAME \
                   chooses a free port of it."
                .into(),
            commands: vec![],
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::good;

    #[test]
    fn a_name_ends_no_comment() {
        let names = "10de  NVIDIA\n\t2684  A --> <b> --- \u{1b}[2J \u{fffe}\n";
        let host = good().file("/usr/share/misc/pci.ids", names).host();
        let xml = everything(&host);
        let document = roxmltree::Document::parse(&xml).unwrap();
        let mut elements = document.root_element().children();
        assert!(elements.all(|node| !node.has_tag_name("b")), "{xml}");
        assert!(
            !xml.contains('\u{1b}') && xml.contains("A - -> <b> - - -"),
            "{xml}"
        );
    }
}
