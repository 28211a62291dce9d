// SPDX-License-Identifier: GPL-2.0

//! A domain loads a ROM file.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "romfile",
    aliases: &[],
    title: "ROM files of domains",
    about: "Guides tell to dump or download a ROM and to give it to the guest as a \
             file. vga-stub reads the card's own ROM and shows it to the guest, so \
             that no file is needed. A file that is not there, or that QEMU may not \
             read, keeps the guest from starting; one of another card or version can \
             leave its screen dark. As root the doctor compares the file with the \
             card's own ROM.",
    sources: &[
        "QEMU: hw/pci/pci.c, pci_add_option_rom()",
        "Single-GPU-Passthrough#74",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for domain in host.guests.domains.known().into_iter().flatten() {
        for device in &domain.devices {
            let Some(file) = &device.rom_file else {
                continue;
            };
            let subject = Subject::Domain(domain.name.clone());
            let source = format!("/etc/libvirt/qemu/{}.xml", domain.name);
            let claimed = host
                .function(&device.address)
                .and_then(|function| function.claimed.known());
            let is_true = claimed.is_some_and(|claimed| {
                claimed
                    .rom_status
                    .known()
                    .is_some_and(|status| status == "ok")
                    && claimed
                        .rom_source
                        .known()
                        .is_some_and(|from| from != "shadow")
            });
            let seen = format!("{}: {file}", device.address);
            if device.rom_stat.is_absent() && !device.rom_hidden {
                let advice = "Remove <rom file=.../> from the domain: virsh edit. The card's own \
                              ROM is enough once vga-stub has held the card.";
                found.push(
                    fail(subject, format!("its ROM file {file} is not there"))
                        .advice(advice)
                        .seen(source, seen),
                );
            } else if is_true {
                let remove = "Remove <rom file=.../> from the domain: virsh edit.";
                let rom = format!("/sys/class/vga_stub/{}/rom", device.address);
                found.push(match device.rom_differs.known() {
                    Some(0) => info(
                        subject,
                        format!("it loads {file}, which is the card's own ROM: not needed"),
                    )
                    .advice(remove)
                    .seen(source, seen)
                    .seen(rom, format!("the same bytes as {file}")),
                    Some(bytes) => warn(
                        subject,
                        format!("it loads {file}, which is not the card's own ROM"),
                    )
                    .detail(format!(
                        "{bytes} bytes differ from the ROM that vga-stub has read from the card."
                    ))
                    .advice(format!(
                        "{remove} Keep it if the guest's driver works only so."
                    ))
                    .seen(source, seen)
                    .seen(rom, format!("{bytes} bytes differ from {file}")),
                    None => info(
                        subject,
                        format!("it loads {file}, and the card's own ROM is true here"),
                    )
                    .advice(remove)
                    .seen(source, seen),
                });
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
            "<hostdev type='pci'><source><address bus='1'/></source><rom \
             file='/roms/x.rom'/></hostdev>",
        )
    },
    level: Level::Fail,
    says: "its ROM file /roms/x.rom is not there",
    near: || {
        good()
            .domain(
                "win",
                "<hostdev type='pci'><source><address bus='1'/></source><rom \
             file='/roms/x.rom'/></hostdev>",
            )
            .stat("/roms/x.rom", "100644 0 0 65536 0")
            .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "shadow\n")
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where the file is there and its bytes compare so.
    fn found(answer: &str) -> (Level, String) {
        let machine = (CASE.near)()
            .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "bar\n")
            .query("rom-file 0000:01:00.0 /roms/x.rom", answer);
        let finding = run(&machine.host()).remove(0);
        (finding.level, finding.summary + &finding.detail)
    }

    #[test]
    fn a_file_is_compared_with_the_cards_rom() {
        let (level, text) = found("same");
        assert_eq!(level, Level::Info);
        assert!(text.contains("which is the card's own ROM: not needed"));
        let (level, text) = found("differs 778");
        assert_eq!(level, Level::Warn);
        assert!(text.contains("which is not the card's own ROM778 bytes differ"));
        let (level, text) = found("rubbish");
        assert_eq!(level, Level::Info);
        assert!(text.contains("is true here"));
    }
}
