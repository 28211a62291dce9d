// SPDX-License-Identifier: GPL-2.0

//! Where in a domain a card goes.

use crate::{
    assignment::{
        Assignment,
        Note, //
    },
    facts::{
        guests::Domain,
        Datum,
        Host, //
    },
    text::escape::printable,
};

/// The bus of a root port of its own: more than a new domain has.
const OWN: u32 = 16;
/// The first slot to be tried on a bus that has several: those before are often taken by what the
/// machine has itself.
const FIRST_SLOT: u32 = 0x10;
/// How many slots a conventional bus has.
const SLOTS: u32 = 0x20;

/// A slot in a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Port {
    /// The bus: the index of its controller.
    pub(super) bus: u32,
    /// The slot on it.
    pub(super) slot: u32,
    /// Whether that controller is to be added.
    pub(super) new: bool,
    /// The functions that the domain has already.
    has: Vec<String>,
}

impl Port {
    /// A root port that is to be added.
    pub(super) fn new() -> Self {
        Self {
            new: true,
            ..Self::on(OWN)
        }
    }

    /// A slot on a bus that is there: a port has one, the root bus many.
    pub(super) fn on(bus: u32) -> Self {
        Self {
            bus,
            slot: if bus == 0 { FIRST_SLOT } else { 0 },
            new: false,
            has: Vec::new(),
        }
    }

    /// Where guests expect Intel's integrated graphics.
    pub(super) fn integrated() -> Self {
        Self {
            slot: 2,
            ..Self::on(0)
        }
    }

    /// Says what is to be done in the domain besides.
    pub(super) fn notes(&self, assignment: &Assignment<'_>) -> Option<Note> {
        (!self.has.is_empty()).then(|| Note {
            text: format!(
                "The domain has {} of {} already: take these hostdevs out of it first.",
                self.has.join(", "),
                assignment.card
            ),
            commands: vec![],
        })
    }
}

/// Finds a domain.
pub(super) fn find<'a>(host: &'a Host, name: &str) -> Result<&'a Domain, String> {
    let shown = printable(name);
    let none = || {
        format!("there is no domain {shown} in /etc/libvirt/qemu; virsh list --all shows those that there are")
    };
    match &host.guests.all {
        Datum::Known(domains) => {
            let mut domains = domains.iter();
            domains.find(|domain| domain.name == name).ok_or_else(none)
        }
        Datum::Absent => Err(none()),
        Datum::Unreadable(needs) => Err(format!(
            "cannot see the domains in /etc/libvirt/qemu: it takes {needs}"
        )),
    }
}

/// Finds where in a domain a card goes: to `bus` if that is asked for, where it is already, to a
/// free root port, or to a new one.
pub(super) fn port_of(
    domain: &Domain,
    assignment: &Assignment<'_>,
    bus: Option<u32>,
) -> Result<Port, String> {
    let is_ours = |address: &str| {
        let mut members = assignment.members.iter();
        members.any(|member| member.function.name == address)
    };
    let (ours, others): (Vec<_>, Vec<_>) = domain
        .devices
        .iter()
        .partition(|device| is_ours(&device.address));
    // What is taken by the card itself is free, unless somebody else is there, too.
    let mut taken = domain.taken.clone();
    let slot_of = |guest: &Option<String>| guest.as_deref().and_then(slot);
    let mut places: Vec<_> = ours
        .iter()
        .filter_map(|device| slot_of(&device.guest))
        .collect();
    places.retain(|place| {
        let mut others = others.iter();
        !others.any(|device| slot_of(&device.guest) == Some(*place))
    });
    for place in &places {
        taken.remove(place);
    }
    let mut port = match bus {
        Some(bus) => on_bus(domain, bus, &taken)?,
        None if assignment.is_integrated() => free(Port::integrated(), domain, &taken)?,
        None if is_conventional(domain) => on_bus(domain, 0, &taken)?,
        None => match places.iter().find(|(bus, _)| *bus != 0) {
            Some((bus, slot)) => Port {
                slot: *slot,
                ..Port::on(*bus)
            },
            None => free_port(domain, &taken)?,
        },
    };
    port.has = ours
        .iter()
        .map(|device| {
            let name = &device.address;
            name.strip_prefix("0000:").unwrap_or(name).to_owned()
        })
        .collect();
    Ok(port)
}

/// Reads bus and slot of `0000:10:00.0`.
fn slot(address: &str) -> Option<(u32, u32)> {
    let mut parts = address.split([':', '.']).skip(1);
    let mut next = || u32::from_str_radix(parts.next()?, 16).ok();
    Some((next()?, next()?))
}

/// Returns whether a machine has conventional buses only: QEMU's `pc`.
fn is_conventional(domain: &Domain) -> bool {
    let mut controllers = domain.controllers.iter();
    controllers.any(|(index, model)| *index == 0 && model == "pci-root")
        || (domain.controllers.is_empty() && domain.machine.contains("i440fx"))
}

/// The slots of a domain that are taken.
type Taken = std::collections::BTreeSet<(u32, u32)>;

/// Returns a place if it is free.
fn free(port: Port, domain: &Domain, taken: &Taken) -> Result<Port, String> {
    if taken.contains(&(port.bus, port.slot)) {
        return Err(format!(
            "slot {:02x} of bus {} of {} is taken",
            port.slot,
            port.bus,
            printable(&domain.name)
        ));
    }
    Ok(port)
}

/// Returns a slot of a bus.
fn on_bus(domain: &Domain, bus: u32, taken: &Taken) -> Result<Port, String> {
    let name = printable(&domain.name);
    let port = Port::on(bus);
    let model = domain.controllers.iter().find(|(index, _)| *index == bus);
    // Hand-written domains may leave the root bus out.
    if model.is_none() && bus != 0 {
        return Err(format!(
            "{name} has no bus {bus}; without a bus a free one is chosen"
        ));
    }
    if model.is_some_and(|(_, model)| model.ends_with("-port")) {
        return free(port, domain, taken);
    }
    // Slot 0 is the machine's own or a bridge's, 1 and 2 what some machines have there.
    let slots = (FIRST_SLOT..SLOTS).chain(3..FIRST_SLOT);
    let found = { slots }.find(|slot| !taken.contains(&(bus, *slot)));
    let slot = found.ok_or_else(|| format!("bus {bus} of {name} has no free slot"))?;
    Ok(Port { slot, ..port })
}

/// Returns a free root port, or a new one.
fn free_port(domain: &Domain, taken: &Taken) -> Result<Port, String> {
    let mut ports: Vec<_> = domain
        .controllers
        .iter()
        .filter(|(_, model)| {
            matches!(
                model.as_str(),
                "pcie-root-port" | "pcie-switch-downstream-port"
            )
        })
        .map(|(index, _)| *index)
        .filter(|index| !taken.iter().any(|(bus, _)| bus == index))
        .collect();
    ports.sort_unstable();
    if let Some(index) = ports.first() {
        return Ok(Port::on(*index));
    }
    let indices = domain.controllers.iter().map(|(index, _)| *index);
    let next = indices.max().map_or(OWN, |last| last.saturating_add(1));
    if next > 255 {
        return Err(format!("{} has no free bus", printable(&domain.name)));
    }
    Ok(Port {
        new: true,
        ..Port::on(next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card,
        facts::testing::good, //
    };

    /// Where the card of the usual machine goes in a domain.
    fn place(xml: &str, bus: Option<u32>) -> Result<(u32, u32, bool), String> {
        let host = good().domain("win", xml).host();
        let selected = card::resolve(&host, "01:00").unwrap();
        let assignment = Assignment::new(&host, &selected).unwrap();
        let port = port_of(find(&host, "win").unwrap(), &assignment, bus)?;
        Ok((port.bus, port.slot, port.new))
    }

    /// PCI controllers of a domain.
    fn controllers(models: &[&str]) -> String {
        models
            .iter()
            .enumerate()
            .map(|(index, model)| {
                format!("<controller type='pci' index='{index}' model='{model}'/>")
            })
            .collect::<Vec<_>>()
            .concat()
    }

    #[test]
    fn ports_that_are_free() {
        let ports = controllers(&["pcie-root", "pcie-root-port", "pcie-root-port"]);
        assert_eq!(place(&ports, None), Ok((1, 0, false)));
        let used = |bus: u32| format!("<disk><address type='pci' bus='{bus}'/></disk>");
        assert_eq!(
            place(&format!("{ports}{}", used(1)), None),
            Ok((2, 0, false))
        );
        let full = format!("{ports}{}{}", used(1), used(2));
        assert_eq!(place(&full, None), Ok((3, 0, true)));
        assert!(place(&full, Some(2)).unwrap_err().contains("is taken"));
        assert!(place(&full, Some(9)).unwrap_err().contains("has no bus 9"));
        // The address in a source is the host's.
        let source = "<hostdev type='pci'><source><address bus='1'/></source></hostdev>";
        assert_eq!(place(&format!("{ports}{source}"), None), Ok((1, 0, false)));
        let source = "<interface type='hostdev'><source><address type='pci' bus='1'/></source>\
                      </interface>";
        assert_eq!(place(&format!("{ports}{source}"), None), Ok((1, 0, false)));
        // A domain without any is to get one that it has not.
        assert_eq!(place("", None), Ok((OWN, 0, true)));
    }

    #[test]
    fn conventional_buses_have_slots() {
        let root = controllers(&["pci-root"]);
        assert_eq!(place(&root, None), Ok((0, FIRST_SLOT, false)));
        let used = format!("<disk><address type='pci' bus='0' slot='{FIRST_SLOT}'/></disk>");
        assert_eq!(
            place(&format!("{root}{used}"), None),
            Ok((0, FIRST_SLOT + 1, false))
        );
        let bridge = controllers(&["pci-root", "pci-bridge"]);
        assert_eq!(place(&bridge, Some(1)), Ok((1, FIRST_SLOT, false)));
    }

    #[test]
    fn what_is_there_already_stays_where_it_is() {
        let ports = controllers(&["pcie-root", "pcie-root-port", "pcie-root-port"]);
        let ours = "<hostdev type='pci'><source><address bus='1' function='1'/></source>\
                    <address bus='2'/></hostdev>";
        assert_eq!(place(&format!("{ports}{ours}"), None), Ok((2, 0, false)));
        // Unless another card is there.
        let other = "<hostdev type='pci'><source><address bus='7'/></source>\
                     <address bus='2' function='1'/></hostdev>";
        assert_eq!(
            place(&format!("{ports}{ours}{other}"), None),
            Ok((1, 0, false))
        );
    }
}
