// SPDX-License-Identifier: GPL-2.0

//! Words on the kernel's command line that do nothing.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "leftovers",
    aliases: &[],
    title: "words of old guides",
    about: "Guides copy from each other, and words stay on command lines for years. \
             Some do nothing: amd_iommu=on (the IOMMU of AMD is on by itself, the \
             kernel ignores the word), iommu=1, i915.enable_hd_vgaarb (of a patch \
             that was never taken), vfio-pci-ids= (the name is vfio-pci.ids). Some \
             are not needed with vga-stub: video=efifb:off and \
             initcall_blacklist=sysfb_init take the boot screen away from all cards, \
             while vga-stub takes it from the held card only.",
    sources: &[
        "drivers/iommu/amd/init.c, parse_amd_iommu_options()",
        "Documentation/admin-guide/kernel-parameters.txt",
    ],
    log: &["AMD-Vi: Unknown option"],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    const NOTHING: [&str; 4] = [
        "amd_iommu=on",
        "iommu=1",
        "i915.enable_hd_vgaarb",
        "vfio-pci-ids=",
    ];
    const NEEDLESS: [&str; 5] = [
        "video=efifb:off",
        "video=vesafb:off",
        "video=simplefb:off",
        "video=efifb:off,vesafb:off",
        "initcall_blacklist=sysfb_init",
    ];
    let is = |list: &[&str], word: &str| {
        list.iter().any(|known| {
            *known == word
                || (known.ends_with('=') || known.starts_with("i915")) && word.starts_with(known)
        })
    };
    let mut found = vec![];
    for (list, says) in [
        (&NOTHING[..], "do nothing"),
        (&NEEDLESS[..], "are not needed with vga-stub"),
    ] {
        let words: Vec<_> = host
            .config
            .words()
            .iter()
            .filter(|word| is(list, word))
            .collect();
        let Some(first) = words.first() else { continue };
        let line = words.iter().find_map(|word| host.config.configured(word));
        let place = line.map_or_else(|| "the kernel's command line".into(), |line| line.place());
        let list: Vec<_> = words.iter().map(|word| word.as_str()).collect();
        let (count, says) = match list.len() {
            1 => (
                format!("the word {first} of"),
                says.replace("do ", "does ").replace("are ", "is "),
            ),
            count => (format!("{count} words of"), says.to_owned()),
        };
        let finding = warn(
            Subject::Machine,
            format!("{count} the kernel's command line {says}"),
        )
        .detail(list.join(" "))
        .seen("/proc/cmdline", list.join(" "));
        found.push(if place.starts_with("/etc/default/grub") {
            finding
                .command("update-grub", format!("After removing them in {place}"))
                .reboot()
        } else {
            finding
                .advice(format!("Remove them from {place}."))
                .reboot()
        });
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .file("/proc/cmdline", "quiet amd_iommu=on iommu=1\n")
            .file(
                "/etc/default/grub",
                "# x\nGRUB_CMDLINE_LINUX=\"quiet amd_iommu=on iommu=1\"\n",
            )
    },
    level: Level::Warn,
    says: "2 words of the kernel's command line do nothing",
    near: || {
        good().file(
            "/proc/cmdline",
            "quiet intel_iommu=on amd_iommu=off video=HDMI-A-1:1024x768 \
             i915.modeset=1\n",
        )
    },
};
