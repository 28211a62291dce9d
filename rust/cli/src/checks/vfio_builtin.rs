// SPDX-License-Identifier: GPL-2.0

//! Options for a built-in vfio-pci in modprobe.d.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "vfio-builtin",
    aliases: &[],
    title: "options of vfio-pci that are read",
    about: "modprobe.d is for modules. Where vfio-pci is built into the kernel \
             nobody reads its options there; they would have to stand on the kernel's \
             command line as vfio-pci.ids=. With vga-stub they are not needed: \
             vga-stub holds the cards, and hands them to vfio-pci when a guest wants \
             them.",
    sources: &[
        "Documentation/admin-guide/kernel-parameters.rst",
        "pop-os/pop#968",
        "clayfreeman/gpu-passthrough#3",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    if host.kernels.is_builtin("vfio_pci") != Some(true) {
        return vec![];
    }
    let lines = host.config.modprobe.iter().filter(|line| {
        line.about("options")
            .is_some_and(|(module, _)| crate::facts::bits::same_module(module, "vfio_pci"))
    });
    lines
        .map(|line| {
            warn(
                Subject::Boot,
                format!(
                    "{} does nothing: vfio-pci is built into this kernel",
                    line.place()
                ),
            )
            .advice("Remove the line. With vga-stub it is not needed.")
            .seen(line.place(), line.text.clone())
            .seen("modules.builtin", "vfio-pci")
        })
        .collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .builtin(&["kernel/drivers/vfio/pci/vfio-pci.ko"])
            .file(
                "/etc/modprobe.d/vfio.conf",
                "options vfio-pci disable_vga=1\n",
            )
    },
    level: Level::Warn,
    says: "/etc/modprobe.d/vfio.conf:1 does nothing",
    near: || {
        good().file(
            "/etc/modprobe.d/vfio.conf",
            "options vfio-pci disable_vga=1\n",
        )
    },
};
