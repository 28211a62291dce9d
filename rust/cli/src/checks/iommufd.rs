// SPDX-License-Identifier: GPL-2.0

//! A guest wants IOMMUFD, and the kernel has none.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "iommufd",
    aliases: &[],
    title: "IOMMUFD where a guest asks for it",
    about: "IOMMUFD is the newer way to give devices to guests. libvirt uses it for \
             a device with <driver iommufd='yes'/>. It takes a kernel with \
             CONFIG_IOMMUFD, which not every distribution's has. Without it the older \
             way, by /dev/vfio/GROUP, does the same.",
    sources: &[
        "Documentation/userspace-api/iommufd.rst",
        "dra-driver-nvidia-gpu#918",
        "kata#12393",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let domains = host.guests.domains.known().into_iter().flatten();
    let wants: Vec<_> = domains
        .filter(|domain| domain.devices.iter().any(|device| device.iommufd))
        .collect();
    if wants.is_empty() || !host.system.iommufd.is_absent() {
        return vec![];
    }
    let kernel = host.kernels.current();
    let option = kernel
        .filter(|kernel| kernel.config.known().is_some())
        .map(|kernel| kernel.option("CONFIG_IOMMUFD").known().is_some());
    let each = |domain: &&crate::facts::guests::Domain| {
        let subject = Subject::Domain(domain.name.clone());
        match option {
            Some(false) => Some(
                fail(
                    subject,
                    "the domain asks for IOMMUFD, and this kernel has none",
                )
                .advice("Remove <driver iommufd='yes'/> from the domain's devices: virsh edit.")
                .seen("/dev/iommu", "is not there")
                .seen("/boot/config", "CONFIG_IOMMUFD is not set"),
            ),
            Some(true) => None,
            None => Some(unknown(
                subject,
                "whether this kernel has IOMMUFD",
                "the kernel's configuration in /boot",
            )),
        }
    };
    wants.iter().filter_map(each).collect()
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().domain(
            "win",
            "<hostdev type='pci'><driver iommufd='yes'/><source><address \
             bus='1'/></source></hostdev>",
        )
    },
    level: Level::Fail,
    says: "asks for IOMMUFD",
    near: || {
        good()
            .domain(
                "win",
                "<hostdev type='pci'><driver iommufd='yes'/><source><address \
             bus='1'/></source></hostdev>",
            )
            .stat("/dev/iommu", "20660 0 0 0 0")
    },
};
