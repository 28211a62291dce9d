// SPDX-License-Identifier: GPL-2.0

//! The machine around the cards.

use std::collections::BTreeMap;

use super::{
    bits::{
        functions_in,
        pick_lines, //
    },
    displays::{
        self,
        Display, //
    },
    log::log_lines,
    processes::UNSEEN,
    vital,
    Datum,
    Query,
    Source,
    Stat, //
};

/// The variable of the UEFI firmware that says whether Secure Boot is on.
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// A process that has a device open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct User {
    /// The process.
    pub(crate) pid: u32,
    /// Its name.
    pub(crate) name: String,
    /// The file that it has open.
    pub(crate) file: String,
}

/// The machine around the cards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct System {
    /// The distribution in words.
    pub(crate) os: Datum<String>,
    /// Whether the machine runs from an image (ostree, bootc).
    pub(crate) image_based: bool,
    /// Whether it is NixOS.
    pub(crate) nixos: bool,
    /// Whether the firmware is UEFI; absent otherwise.
    pub(crate) efi: Datum<()>,
    /// Whether Secure Boot is on; absent where the firmware has none.
    pub(crate) secure_boot: Datum<bool>,
    /// What `mokutil --test-key` says of DKMS's key.
    pub(crate) mok_key: Datum<String>,
    /// The names of the ACPI tables.
    pub(crate) acpi: Datum<Vec<String>>,
    /// The first bytes of the ACPI table VFCT.
    pub(crate) vfct: Datum<Vec<u8>>,
    /// The processor's flags, `vmx`, `svm` and `hypervisor` only.
    pub(crate) cpu: Datum<String>,
    /// `/dev/kvm`.
    pub(crate) kvm: Datum<Stat>,
    /// `xen`, if the machine runs on it.
    pub(crate) hypervisor: Datum<String>,
    /// Lines of `/proc/interrupts`, without the counts: chips and vfio's.
    pub(crate) interrupts: Datum<String>,
    /// Lines of `/proc/iomem`: buses, PCI functions, boot framebuffers.
    pub(crate) iomem: Datum<String>,
    /// What `allow_unsafe_interrupts` of vfio_iommu_type1 is.
    pub(crate) unsafe_interrupts: Datum<String>,
    /// `ids` of the loaded vfio-pci.
    pub(crate) vfio_ids: Datum<String>,
    /// `/dev/iommu`.
    pub(crate) iommufd: Datum<Stat>,
    /// `/dev/vfio/vfio`, `/dev/vfio/N` by their paths.
    pub(crate) vfio: Datum<BTreeMap<String, Stat>>,
    /// The cards of DRM's.
    pub(crate) displays: Datum<Vec<Display>>,
    /// The functions that framebuffers (`fb0`) and sound cards (`card0`) are on.
    pub(crate) nodes: BTreeMap<String, String>,
    /// The framebuffer consoles and whether they are bound: `vtcon1`, name, `1`.
    pub(crate) consoles: Vec<(String, String, bool)>,
    /// `modeset` of nvidia_drm.
    pub(crate) nvidia_modeset: Datum<String>,
    /// Loaded modules of interest.
    pub(crate) loaded: Vec<String>,
    /// The lines of `/proc/meminfo` on free memory.
    pub(crate) memory: Datum<String>,
    /// Whether somebody can log in over the network.
    pub(crate) ssh: Datum<bool>,
    /// Where serial consoles are.
    pub(crate) serial: bool,
    /// The security modules.
    pub(crate) lsm: Datum<String>,
    /// The kernel's lockdown.
    pub(crate) lockdown: Datum<String>,
    /// What the host lives on, by the function's address: `the root file system`.
    pub(crate) vital: BTreeMap<String, String>,
    /// The laptop's switch of its panel: 0 or 1, 1 is the separate card.
    pub(crate) mux: Datum<String>,
    /// The kernel's log.
    pub(crate) log: Datum<String>,
    /// Who has cards open.
    pub(crate) users: Datum<Vec<User>>,
    /// Which processes were not looked at for that, where some were: `83 processes of users 0 105`.
    pub(crate) unseen: Option<String>,
    /// Processes that cannot be woken: PID, name, where.
    pub(crate) stuck: Datum<String>,
    /// What `/dev/vga_arbiter` says.
    pub(crate) arbiter: Datum<String>,
    /// Who asks.
    pub(crate) caller: Datum<String>,
    /// The version of the compiler that is there.
    pub(crate) rustc: Datum<String>,
    /// What `setup` recorded.
    pub(crate) setup: Datum<String>,
    /// `X.Org` log lines on the arbiter.
    pub(crate) xorg: Datum<String>,
}

impl System {
    /// Reads it. `previous` is whether the log of the boot before is wanted.
    pub(super) fn read(source: &dyn Source, previous: bool) -> Self {
        let os = source.filtered("/etc/os-release", &|text| {
            pick_lines(text, |line| {
                line.starts_with("PRETTY_NAME=") || line.starts_with("ID=")
            })
        });
        let field = |key: &str| {
            let text = os.known()?;
            let mut lines = text.lines();
            let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
            Some(value.trim_matches('"').to_owned())
        };
        let secure_boot = source.head(SECURE_BOOT, 5).and_then(|bytes| {
            let byte = bytes.get(4).map(|byte| *byte == 1);
            byte.map_or_else(
                || Datum::Unreadable("a whole variable".into()),
                Datum::Known,
            )
        });
        let log = if previous {
            Query::PreviousLog
        } else {
            Query::Log
        };
        let acpi = source.list("/sys/firmware/acpi/tables");
        let has_vfct = acpi
            .known()
            .is_some_and(|names| names.iter().any(|name| name == "VFCT"));
        Self {
            image_based: source.stat("/run/ostree-booted").known().is_some(),
            nixos: field("ID").as_deref() == Some("nixos"),
            os: field("PRETTY_NAME").into(),
            efi: source.list("/sys/firmware/efi").map(|_| ()),
            mok_key: if secure_boot == Datum::Known(true) {
                source.query(&Query::MokKey)
            } else {
                Datum::Absent
            },
            secure_boot,
            vfct: if has_vfct {
                source.head("/sys/firmware/acpi/tables/VFCT", 0x80)
            } else {
                Datum::Absent
            },
            acpi,
            cpu: source.filtered("/proc/cpuinfo", &|text| {
                let words = ["vmx", "svm", "hypervisor"];
                let has = |word: &&str| text.split_whitespace().any(|found| found == *word);
                words
                    .into_iter()
                    .filter(has)
                    .flat_map(|word| [word, "\n"])
                    .collect()
            }),
            kvm: source.stat("/dev/kvm"),
            hypervisor: source.value("/sys/hypervisor/type"),
            interrupts: source.filtered("/proc/interrupts", &interrupts),
            iomem: source.filtered("/proc/iomem", &iomem),
            unsafe_interrupts: source
                .value("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"),
            vfio_ids: source.value("/sys/module/vfio_pci/parameters/ids"),
            iommufd: source.stat("/dev/iommu"),
            vfio: vfio_files(source),
            displays: displays::displays(source),
            nodes: displays::nodes(source),
            consoles: displays::consoles(source),
            nvidia_modeset: source.value("/sys/module/nvidia_drm/parameters/modeset"),
            loaded: [
                "vendor_reset",
                "nvidia",
                "amdgpu",
                "nouveau",
                "vfio_pci",
                "xen_pciback",
            ]
            .into_iter()
            .filter(|name| {
                source
                    .list(&format!("/sys/module/{name}"))
                    .known()
                    .is_some()
            })
            .map(str::to_owned)
            .collect(),
            memory: source.filtered("/proc/meminfo", &|text| {
                pick_lines(text, |line| {
                    [
                        "MemTotal:",
                        "MemAvailable:",
                        "HugePages_Free:",
                        "HugePages_Total:",
                        "Hugepagesize:",
                    ]
                    .iter()
                    .any(|key| line.starts_with(key))
                })
            }),
            ssh: ssh(source),
            serial: source
                .value("/sys/class/tty/console/active")
                .known()
                .is_some_and(|active| active.contains("ttyS") || active.contains("hvc")),
            lsm: source.value("/sys/kernel/security/lsm"),
            lockdown: source.value("/sys/kernel/security/lockdown"),
            vital: vital::vital(source),
            mux: source.value("/sys/devices/platform/asus-nb-wmi/gpu_mux_mode"),
            log: source.query(&log).map(|text| log_lines(&text)),
            users: source.query(&Query::OpenFiles).map(|text| users(&text)),
            unseen: None,
            stuck: source.query(&Query::Stuck),
            arbiter: source.query(&Query::Arbiter),
            caller: source.query(&Query::Caller),
            rustc: source.query(&Query::Rustc),
            setup: source.filtered("/var/lib/vga-stub/setup.json", &groups_only),
            xorg: source.filtered("/var/log/Xorg.0.log", &|text| {
                pick_lines(text, |line| line.contains("arbiter"))
            }),
        }
    }

    /// Reads what a change of cards goes by: who has them open, what draws on them, and what the host
    /// lives on.
    pub(super) fn of_cards(source: &dyn Source) -> Self {
        let open = source.query(&Query::OpenFiles);
        let unseen = open.known().and_then(|text| unseen(text));
        let open = open.map(|text| users(&text));
        let mapped = source.query(&Query::Mapped).map(|text| users(&text));
        let users = open.map(|mut all| {
            for user in mapped.known().into_iter().flatten() {
                if !all.contains(user) {
                    all.push(user.clone());
                }
            }
            all
        });
        Self {
            users,
            unseen,
            iomem: source.filtered("/proc/iomem", &iomem),
            displays: displays::displays(source),
            nodes: displays::nodes(source),
            consoles: displays::consoles(source),
            vfio: vfio_files(source),
            vital: vital::vital(source),
            ..Self::default()
        }
    }

    /// Returns whether the machine runs on Xen.
    pub(crate) fn is_xen(&self) -> bool {
        self.hypervisor.known().is_some_and(|kind| kind == "xen")
    }

    /// Returns whether the machine runs on Xen, or may.
    pub(crate) fn may_be_xen(&self) -> bool {
        self.is_xen() || self.hypervisor.needs().is_some()
    }

    /// Returns whether a module is loaded.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.loaded.iter().any(|name| name == module)
    }

    /// Returns a value of `/proc/meminfo`, in its own unit.
    pub(crate) fn amount(&self, key: &str) -> Option<u64> {
        let mut lines = self.memory.known()?.lines();
        let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        value.split_whitespace().next()?.parse().ok()
    }

    /// Returns the first line of the kernel's log that has all of some words.
    pub(crate) fn logged(&self, words: &[&str]) -> Option<&str> {
        let mut lines = self.log.known()?.lines();
        lines.find(|line| words.iter().all(|word| line.contains(word)))
    }
}

/// Returns the lines of `/proc/interrupts` that name chips, without the counts.
fn interrupts(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next().filter(|name| name.ends_with(':')) else {
            continue;
        };
        let counts = |word: &&str| word.chars().all(|c| c.is_ascii_digit());
        let rest: Vec<_> = words.skip_while(counts).collect();
        if line.contains("vfio")
            || line.contains("IR-")
            || line.contains("MSI")
            || line.contains("IO-APIC")
        {
            out += &format!("{name} {}\n", rest.join(" "));
        }
    }
    out
}

/// Returns the lines of `/proc/iomem` that concern PCI functions.
fn iomem(text: &str) -> String {
    pick_lines(text, |line| {
        let name = line.split_once(" : ").map_or("", |(_, name)| name);
        name.starts_with("PCI Bus") || functions_in(name).next().is_some() || is_framebuffer(name)
    })
}

/// Returns whether a name in `/proc/iomem` is that of a framebuffer of the firmware.
pub(crate) fn is_framebuffer(name: &str) -> bool {
    [
        "BOOTFB",
        "efifb",
        "vesafb",
        "simplefb",
        "simple-framebuffer",
        "simpledrm",
    ]
    .contains(&name)
        || name.starts_with("simple-framebuffer")
}

/// Returns of what `setup` recorded the groups: an object of functions, each with the members that
/// its group had.
fn groups_only(text: &str) -> String {
    let record: Option<serde_json::Value> = serde_json::from_str(text).ok();
    let groups = record.as_ref().and_then(|record| record.get("groups"));
    groups.map_or_else(String::new, |groups| format!("{{\"groups\":{groups}}}\n"))
}

/// Reads the lines of who has cards open.
fn users(text: &str) -> Vec<User> {
    let user = |line: &str| {
        let mut fields = line.split('\t');
        Some(User {
            pid: fields.next()?.parse().ok()?,
            name: fields.next()?.into(),
            file: fields.next()?.into(),
        })
    };
    text.lines().filter_map(user).collect()
}

/// Says which processes were not looked at.
fn unseen(text: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(UNSEEN))?;
    let (count, owners) = line.split_once('\t')?;
    Some(format!("{count} processes of users {owners}"))
}

/// Reads the files of vfio's groups.
fn vfio_files(source: &dyn Source) -> Datum<BTreeMap<String, Stat>> {
    source.list("/dev/vfio").map(|names| {
        let paths = names.iter().map(|name| format!("/dev/vfio/{name}"));
        let stats = paths.map(|path| (source.stat(&path).known().copied(), path));
        stats
            .filter_map(|(stat, path)| Some((path, stat?)))
            .collect()
    })
}

/// Returns whether a server for SSH listens.
fn ssh(source: &dyn Source) -> Datum<bool> {
    let listens = |text: &str| {
        let found = text.lines().any(|line| {
            let mut words = line.split_whitespace().skip(1);
            let local = words.next().unwrap_or_default();
            // 0A is TCP_LISTEN (include/net/tcp_states.h).
            line == "ssh" || (local.ends_with(":0016") && words.nth(1) == Some("0A"))
        });
        if found {
            "ssh\n".into()
        } else {
            String::new()
        }
    };
    let four = source.filtered("/proc/net/tcp", &listens);
    let six = source.filtered("/proc/net/tcp6", &listens);
    let any = |text: &Datum<String>| text.known().is_some_and(|text| !text.is_empty());
    if any(&four) || any(&six) {
        Datum::Known(true)
    } else {
        four.map(|_| false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_interrupts_are_cut() {
        let text = "           CPU0       CPU1\n  9:          0          5  IR-IO-APIC    9-fasteoi   acpi\n\
                    NMI:  1  2  Non-maskable interrupts\n 30: 1 2 IR-PCI-MSI-0000:01:00.0    0-edge vfio-msi[0](0000:01:00.0)\n";
        let lines = interrupts(text);
        assert_eq!(
            lines,
            "9: IR-IO-APIC 9-fasteoi acpi\n30: IR-PCI-MSI-0000:01:00.0 0-edge vfio-msi[0](0000:01:00.0)\n"
        );
        assert_eq!(interrupts(&lines), lines);
    }
}
