// SPDX-License-Identifier: GPL-2.0

//! The card's ROM is in ACPI only.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "rom-laptop",
    aliases: &[],
    title: "ROMs in ACPI tables",
    about: "In laptops and processors with graphics the card has no ROM of its own: \
             the firmware keeps it, on AMD's machines in the ACPI table VFCT. \
             vga-stub takes it from there if it can (rom_source acpi-vfct); by hand, \
             vga-stub rom --vfct gets it out for romfile=.",
    sources: &[
        "drivers/gpu/drm/amd/amdgpu/amdgpu_bios.c, amdgpu_acpi_vfct_bios()",
        "isc30/ryzen-gpu-passthrough-proxmox",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let vfct = host
        .system
        .acpi
        .known()
        .is_some_and(|names| names.iter().any(|name| name == "VFCT"));
    if !vfct {
        return vec![];
    }
    let mut found = vec![];
    for card in host.named() {
        for function in card
            .displays()
            .filter(|function| function.identity.vendor == 0x1002)
        {
            let Datum::Known(claimed) = &function.claimed else {
                continue;
            };
            if claimed
                .rom_source
                .known()
                .is_some_and(|source| source == "none")
            {
                found.push(
                    warn(
                        function,
                        format!(
                            "{} has no ROM of its own; the firmware has one in ACPI",
                            function.short()
                        ),
                    )
                    .command(
                        format!(
                            "vga-stub rom --vfct {} --extract card.rom",
                            function.short()
                        ),
                        "Get it out, then give it to the guest by romfile=",
                    )
                    .seen("/sys/firmware/acpi/tables", "VFCT")
                    .seen(
                        format!("/sys/class/vga_stub/{}/rom_source", function.name),
                        "none",
                    ),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        super::testing::amd("744c")
            .file("/sys/firmware/acpi/tables/VFCT", "")
            .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "none\n")
    },
    level: Level::Warn,
    says: "has no ROM of its own",
    near: || super::testing::amd("744c").file("/sys/firmware/acpi/tables/VFCT", ""),
};
