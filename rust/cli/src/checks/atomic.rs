// SPDX-License-Identifier: GPL-2.0

//! The system is an image, in which DKMS cannot build.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "atomic",
    aliases: &[],
    title: "a system in which modules can be built",
    about: "On systems that are updated as a whole image (ostree, bootc) /usr cannot \
             be written, so that DKMS does not work. The module has to be in the \
             image, or come as an akmod. The kernel's command line can still name the \
             cards: rpm-ostree kargs.",
    sources: &["tuxedo-control-center#451", "rpm-ostree(1)"],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let built = host
        .kernels
        .current()
        .is_some_and(|kernel| kernel.module.known().is_some());
    if !host.system.image_based || built {
        return vec![];
    }
    vec![warn(
        Subject::Boot,
        "this system is an image: DKMS cannot build the module on it",
    )
    .advice("Put the module into the image, or use an akmod.")
    .command(
        "rpm-ostree kargs --append-if-missing=vga_stub.devices=PLACE",
        "Then name the cards; vga-stub list CARD shows the PLACE",
    )
    .reboot()
    .seen("/run/ostree-booted", "is there")]
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .stat("/run/ostree-booted", "100644 0 0 0 0")
            .modules(&["kernel/i915.ko"])
    },
    level: Level::Warn,
    says: "DKMS cannot build",
    near: || good().stat("/run/ostree-booted", "100644 0 0 0 0"),
};
