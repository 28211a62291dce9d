// SPDX-License-Identifier: GPL-2.0

//! A domain does not hide KVM from a driver that may refuse it.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "code43",
    aliases: &["q10"],
    title: "drivers that refuse virtual machines",
    about: "Older drivers of NVIDIA's consumer cards for Windows stop with Code 43 \
             when they see KVM; those since 465 accept it. AMD's Windows drivers are \
             reported to do the same since RDNA 3. Hiding KVM and giving Hyper-V \
             another vendor ID gets around it.",
    sources: &[
        "libvirt: formatdomain, features",
        "KVM-Laptop-GPU-Passthrough#2",
        "vm-curator#71",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for domain in host.guests.domains.known().into_iter().flatten() {
        let functions = domain
            .devices
            .iter()
            .filter_map(|device| host.function(&device.address));
        let display = functions
            .filter(|function| function.is_display())
            .find(|function| matches!(function.identity.vendor, 0x10de | 0x1002));
        let Some(function) = display else { continue };
        if domain.hidden && domain.vendor_id {
            continue;
        }
        let what = if domain.hidden {
            "no vendor_id for Hyper-V"
        } else {
            "KVM is not hidden"
        };
        found.push(
            info(
                Subject::Domain(domain.name.clone()),
                format!("if Windows shows Code 43 for {}: {what}", function.short()),
            )
            .advice(
                "Add <kvm><hidden state='on'/></kvm>, and <vendor_id state='on' \
             value='any'/> to <hyperv>: virsh edit. NVIDIA's drivers since 465 do not \
             need it.",
            )
            .seen(format!("/etc/libvirt/qemu/{}.xml", domain.name), what),
        );
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
    level: Level::Info,
    says: "if Windows shows Code 43 for 01:00.0: KVM is not hidden",
    near: || {
        good().domain(
            "win",
            "<features><kvm><hidden state='on'/></kvm><hyperv><vendor_id \
             state='on'/></hyperv></features><hostdev type='pci'><source><address \
             bus='1'/></source></hostdev>",
        )
    },
};
