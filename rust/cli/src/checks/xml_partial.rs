// SPDX-License-Identifier: GPL-2.0

//! A domain has a part of the card only.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "xml-partial",
    aliases: &[],
    title: "domains that have whole cards",
    about: "Guests' drivers expect a card as it is on the board: all functions, on \
             one slot. AMD's driver may not start without the audio; audio on another \
             slot of the guest loses its sound.",
    sources: &["canonical/lxd#12643", "KVM-Opencore#2"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let domains = match &host.guests.domains {
        Datum::Known(domains) => domains,
        Datum::Absent => return vec![],
        Datum::Unreadable(needs) => {
            return vec![unknown(
                Subject::Machine,
                "the domains of libvirt",
                needs.clone(),
            )]
        }
    };
    let mut found = vec![];
    for domain in domains {
        for card in host.cards() {
            let functions: Vec<_> = card
                .functions
                .iter()
                .filter(|function| !function.is_bridge())
                .collect();
            let given: Vec<_> = domain
                .devices
                .iter()
                .filter(|device| {
                    functions
                        .iter()
                        .any(|function| function.name == device.address)
                })
                .collect();
            if given.is_empty() {
                continue;
            }
            let subject = Subject::Domain(domain.name.clone());
            let list: Vec<_> = given.iter().map(|device| device.address.clone()).collect();
            let source = format!("/etc/libvirt/qemu/{}.xml", domain.name);
            if given.len() < functions.len() {
                found.push(
                    warn(
                        subject,
                        format!(
                            "it has {} of {} functions of {}",
                            given.len(),
                            functions.len(),
                            card.slot
                        ),
                    )
                    .command(
                        format!("vga-stub xml {} --domain {}", card.slot, domain.name),
                        "Print the whole card's XML",
                    )
                    .seen(source, list.join(" ")),
                );
                continue;
            }
            let mut slots: Vec<_> = given
                .iter()
                .filter_map(|device| device.guest.as_deref()?.split('.').next())
                .collect();
            slots.sort_unstable();
            slots.dedup();
            if slots.len() > 1 {
                found.push(
                    warn(
                        subject,
                        format!(
                            "it has the functions of {} on several slots of the guest",
                            card.slot
                        ),
                    )
                    .command(
                        format!("vga-stub xml {} --domain {}", card.slot, domain.name),
                        "Print them on one slot",
                    )
                    .seen(source, slots.join(" ")),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().domain(
            "win",
            "<hostdev type='pci'><source><address bus='1'/></source></hostdev>",
        )
    },
    level: Level::Warn,
    says: "it has 1 of 2 functions of 01:00",
    near: || {
        good().domain(
            "win",
            "<hostdev type='pci'><source><address \
             bus='1'/></source></hostdev><hostdev type='pci'><source><address bus='1' \
             function='1'/></source></hostdev>",
        )
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_on_several_slots() {
        let machine = good().domain(
            "win",
            "<hostdev type='pci'><source><address bus='1'/></source><address \
             bus='5'/></hostdev><hostdev type='pci'><source><address bus='1' \
             function='1'/></source><address bus='6'/></hostdev>",
        );
        let found = run(&machine.host());
        assert_eq!(
            found[0].summary,
            "it has the functions of 01:00 on several slots of the guest"
        );
    }
}
