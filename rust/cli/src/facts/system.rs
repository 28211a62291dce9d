// SPDX-License-Identifier: GPL-2.0

//! The machine around the cards, and what only a live one tells.

use std::{
    collections::BTreeMap,
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::Read,
    os::unix::fs::OpenOptionsExt,
    process::{
        Command,
        Stdio, //
    },
};

use super::{
    bits::{
        pick_lines,
        same_module, //
    },
    image,
    Datum,
    Query,
    Source,
    Stat, //
};

/// The variable of the UEFI firmware that says whether Secure Boot is on.
const SECURE_BOOT: &str =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// What lines of the kernel's log have that concern cards.
const LOG_WORDS: [&str; 20] = [
    "vga-stub",
    "vga_stub",
    "vfio",
    "DMAR",
    "AMD-Vi",
    "iommu",
    "IOMMU",
    "vgaarb",
    "VGA decodes",
    "can't assign",
    "can't reserve",
    "ACS overrides",
    "D3cold",
    "after resume; giving up",
    "Invalid PCI ROM",
    "is rejected",
    "nterrupt remapping",
    "non-zero usage count",
    "apparmor=\"DENIED\"",
    "avc:  denied",
];

/// A screen's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Connector {
    /// `HDMI-A-1`.
    pub(crate) name: String,
    /// `connected`, `disconnected`, `unknown`.
    pub(crate) status: Datum<String>,
}

/// A card of DRM's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Display {
    /// `card0`.
    pub(crate) name: String,
    /// The address of the PCI function below it; none for simpledrm and the like.
    pub(crate) function: Option<String>,
    /// Its sockets.
    pub(crate) connectors: Vec<Connector>,
}

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
            displays: displays(source),
            nodes: nodes(source),
            consoles: consoles(source),
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
            vital: vital(source),
            mux: source.value("/sys/devices/platform/asus-nb-wmi/gpu_mux_mode"),
            log: source.query(&log).map(|text| log_lines(&text)),
            users: source.query(&Query::OpenFiles).map(|text| users(&text)),
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
        let open = source.query(&Query::OpenFiles).map(|text| users(&text));
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
            iomem: source.filtered("/proc/iomem", &iomem),
            displays: displays(source),
            nodes: nodes(source),
            consoles: consoles(source),
            vfio: vfio_files(source),
            vital: vital(source),
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

/// The addresses of PCI functions in a path of sysfs, from the root bus down.
fn functions_in(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|part| {
        part.contains('.') && vga_stub_core::devices::Address::parse(part.as_bytes()).is_some()
    })
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

/// Returns the lines of the kernel's log that concern cards.
fn log_lines(text: &str) -> String {
    let lines = pick_lines(text, |line| {
        LOG_WORDS.iter().any(|word| line.contains(word))
    });
    // Names of security profiles and files are somebody's own, but for the files of cards.
    let own = |word: &str| {
        let Some((key, value)) = word.split_once('=') else {
            return word.to_owned();
        };
        let kept = ["/sys/", "/dev/"].iter().any(|start| value.contains(start));
        match key {
            "profile" if value.contains("libvirt") => "profile=\"libvirt-...\"".to_owned(),
            "name" | "comm" if !kept => format!("{key}=..."),
            _ => word.to_owned(),
        }
    };
    let mut out = String::new();
    for line in lines.lines() {
        if line.contains("DENIED") || line.contains("denied") {
            let words: Vec<_> = line.split(' ').map(own).collect();
            out += &words.join(" ");
        } else {
            out += line;
        }
        out.push('\n');
    }
    out
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

/// Reads the cards of DRM's.
fn displays(source: &dyn Source) -> Datum<Vec<Display>> {
    let base = "/sys/class/drm";
    source.list(base).map(|names| {
        let cards = names.iter().filter(|name| {
            let number = name.strip_prefix("card");
            number.is_some_and(|number| number.chars().all(|c| c.is_ascii_digit()))
        });
        let display = |card: &String| {
            let link = source.link(&format!("{base}/{card}"));
            let of = |name: &String| {
                let rest = name.strip_prefix(card.as_str())?.strip_prefix('-')?;
                Some(Connector {
                    name: rest.into(),
                    status: source.value(&format!("{base}/{name}/status")),
                })
            };
            Display {
                name: card.clone(),
                function: link
                    .known()
                    .and_then(|link| functions_in(link).last())
                    .map(str::to_owned),
                connectors: names.iter().filter_map(of).collect(),
            }
        };
        cards.map(display).collect()
    })
}

/// Reads the functions that framebuffers and sound cards are on, and DRM's nodes for drawing.
fn nodes(source: &dyn Source) -> BTreeMap<String, String> {
    let mut nodes = BTreeMap::new();
    for (class, wanted, prefix) in [
        ("graphics", "fb", "/dev/"),
        ("sound", "card", "/dev/snd/"),
        ("drm", "renderD", "/dev/dri/"),
        ("drm", "card", "/dev/dri/"),
    ] {
        let names = source.list(&format!("/sys/class/{class}"));
        for name in names.known().into_iter().flatten() {
            if !name.starts_with(wanted) || name.contains('-') {
                continue;
            }
            let link = source.link(&format!("/sys/class/{class}/{name}"));
            if let Some(function) = link.known().and_then(|link| functions_in(link).last()) {
                nodes.insert(format!("{prefix}{name}"), function.to_owned());
            }
        }
    }
    let gpus = source.list("/proc/driver/nvidia/gpus");
    for function in gpus.known().into_iter().flatten() {
        let path = format!("/proc/driver/nvidia/gpus/{function}/information");
        let line = source.filtered(&path, &|text| {
            pick_lines(text, |line| line.starts_with("Device Minor:"))
        });
        let minor = line
            .known()
            .and_then(|line| line.split_whitespace().last())
            .map(str::to_owned);
        if let Some(minor) = minor {
            nodes.insert(format!("/dev/nvidia{minor}"), function.clone());
        }
    }
    nodes
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

/// Reads the consoles of the kernel.
fn consoles(source: &dyn Source) -> Vec<(String, String, bool)> {
    let base = "/sys/class/vtconsole";
    let names = source.list(base);
    let names = names.known().into_iter().flatten();
    names
        .map(|console| {
            let value = |file: &str| {
                let value = source.value(&format!("{base}/{console}/{file}"));
                value.known().cloned().unwrap_or_default()
            };
            (console.clone(), value("name"), value("bind") == "1")
        })
        .collect()
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

/// Finds the functions that the host lives on: disks with its file systems, its network.
fn vital(source: &dyn Source) -> BTreeMap<String, String> {
    let mut vital = BTreeMap::new();
    let mounts = source.filtered("/proc/self/mountinfo", &|text| {
        // Only those of devices, as "0 0 MAJOR:MINOR / MOUNTPOINT".
        let mut out = String::new();
        for line in text.lines() {
            let words: Vec<_> = line.split(' ').collect();
            if let [_, _, device, _, point, ..] = words.as_slice() {
                let system = ["/", "/boot", "/boot/efi", "/usr", "/var", "/home"].contains(point);
                if system && !device.starts_with("0:") {
                    out += &format!("0 0 {device} / {point}\n");
                }
            }
        }
        out
    });
    for line in mounts
        .known()
        .map(String::as_str)
        .unwrap_or_default()
        .lines()
    {
        let mut words = line.split(' ').skip(2);
        let (Some(device), Some(point)) = (words.next(), words.nth(1)) else {
            continue;
        };
        let what = if point == "/" {
            "the root file system".into()
        } else {
            format!("the file system of {point}")
        };
        for function in functions_of_disk(source, &format!("/sys/dev/block/{device}"), 0) {
            vital.entry(function).or_insert_with(|| what.clone());
        }
    }
    let routes = source.filtered("/proc/net/route", &|text| {
        let mut out = String::new();
        for line in text.lines() {
            let mut words = line.split_whitespace();
            // What is named by its MAC address is left out.
            let own = |name: &&str| name.len() < 15;
            if let (Some(interface), Some("00000000")) = (words.next().filter(own), words.next()) {
                out += &format!("{interface} 00000000\n");
            }
        }
        out
    });
    for line in routes
        .known()
        .map(String::as_str)
        .unwrap_or_default()
        .lines()
    {
        let interface = line.split(' ').next().unwrap_or_default();
        let link = source.link(&format!("/sys/class/net/{interface}"));
        if let Some(function) = link.known().and_then(|link| functions_in(link).last()) {
            let what = format!("the default route of the network ({interface})");
            vital.insert(function.to_owned(), what);
        }
    }
    vital
}

/// Returns the functions that a disk hangs on, through what is made of other disks.
fn functions_of_disk(source: &dyn Source, path: &str, depth: usize) -> Vec<String> {
    let Datum::Known(link) = source.link(path) else {
        return Vec::new();
    };
    if let Some(function) = functions_in(&link).last() {
        return vec![function.to_owned()];
    }
    if depth == 4 {
        return Vec::new();
    }
    let slaves = source.list(&format!("{path}/slaves"));
    let slaves = slaves.known().into_iter().flatten();
    slaves
        .flat_map(|name| functions_of_disk(source, &format!("/sys/class/block/{name}"), depth + 1))
        .collect()
}

/// Returns what of an answer may go into a report.
pub(super) fn clean(query: &Query, text: &str) -> String {
    match query {
        Query::Log | Query::PreviousLog => log_lines(text),
        _ => text.to_owned(),
    }
}

/// Answers a query on the machine that we run on.
pub(super) fn answer(query: &Query) -> Datum<String> {
    match query {
        Query::Log => kmsg().or_else(|| Datum::Unreadable("root".into())),
        Query::PreviousLog => run("journalctl", &["-k", "-b", "-1", "-o", "cat", "--no-pager"])
            .map(|text| log_lines(&text)),
        Query::OpenFiles => open_files(),
        Query::Mapped => mapped_files(),
        Query::Stuck => stuck(),
        Query::Guests => guests(),
        Query::Arbiter => arbiter(),
        Query::ArbiterOf(card) => arbiter_of(card).into(),
        Query::Caller => caller(),
        Query::Image(path) => image_names(path),
        Query::ImageOptions(path) => image_options(path),
        Query::RomFile(function, file) => compare_rom(
            std::path::Path::new(&format!("/sys/class/vga_stub/{function}/rom")),
            std::path::Path::new(file),
        ),
        Query::Rustc => run("rustc", &["--version"]),
        Query::MokKey => run("mokutil", &["--test-key", "/var/lib/dkms/mok.pub"]),
    }
}

/// Compares a ROM with a file: see [`Query::RomFile`].
fn compare_rom(rom: &std::path::Path, file: &std::path::Path) -> Datum<String> {
    /// The most that is read of either: as much as the largest ROM BAR has.
    const LARGEST: u64 = 16 << 20;
    let read = |path: &std::path::Path| {
        let mut bytes = Vec::new();
        // Nobody may write to a pipe.
        if !path.metadata()?.is_file() {
            return Err(std::io::Error::other("a regular file"));
        }
        let opened = File::open(path)?;
        opened.take(LARGEST).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let rom: Datum<Vec<u8>> = read(rom).into();
    rom.and_then(|rom| {
        Datum::from(read(file)).map(|file| {
            let pairs = rom.iter().zip(&file);
            let others = pairs.filter(|(one, other)| one != other).count();
            match others + rom.len().abs_diff(file.len()) {
                0 => "same".into(),
                bytes => format!("differs {bytes}"),
            }
        })
    })
}

/// Returns the names of the files in an initramfs image that are of interest. Where the image cannot be
/// read here, the distribution's tool is asked.
fn image_names(path: &str) -> Datum<String> {
    let mut list = String::new();
    let read = image::read(path.as_ref(), &|_| false, &mut |name, _| {
        if is_of_interest(name) {
            list += &format!("{}\n", name.escape_debug());
        }
    });
    match read {
        Ok(()) => Datum::Known(list),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Datum::Unreadable("root".into())
        }
        Err(_) => {
            let tools = ["lsinitramfs", "lsinitrd", "lsinitcpio"];
            let lists = tools.map(|tool| run(tool, &[path]));
            let list = lists.into_iter().find(|list| !list.is_absent());
            let list = list.map(|list| list.map(|text| pick_lines(&text, is_of_interest)));
            list.unwrap_or_else(|| Datum::Unreadable(tools.join(" or ")))
        }
    }
}

/// Returns what modprobe's files in an initramfs image say of vga_stub's options.
fn image_options(path: &str) -> Datum<String> {
    let mut list = String::new();
    let wanted = |name: &str| {
        let directory = name.rsplit_once('/').map_or("", |(directory, _)| directory);
        directory.ends_with("modprobe.d") && name.ends_with(".conf")
    };
    let read = image::read(path.as_ref(), &wanted, &mut |name, contents| {
        let text = String::from_utf8_lossy(contents).replace("\\\n", " ");
        for line in text.lines() {
            let mut words = line.split_whitespace();
            if words.next() == Some("options")
                && words
                    .next()
                    .is_some_and(|name| same_module(name, "vga_stub"))
            {
                let words: Vec<_> = words.collect();
                list += &format!("{}\t{}\n", name.escape_debug(), words.join(" "));
            }
        }
    });
    match read {
        Ok(()) => Datum::Known(list),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            Datum::Unreadable("root".into())
        }
        Err(_) => Datum::Unreadable("an image that can be read".into()),
    }
}

/// Returns whether a file in an initramfs image concerns vga-stub or the order of modules.
fn is_of_interest(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name);
    name.contains("vga_stub") || name.contains("vga-stub") || file == "modules.dep"
}

/// Runs a program that only looks, and returns what it prints; absent where there is none.
fn run(program: &str, arguments: &[&str]) -> Datum<String> {
    let output = Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output();
    Datum::from(output).and_then(|output| {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() || !text.is_empty() {
            Datum::Known(text)
        } else {
            Datum::Unreadable("root".into())
        }
    })
}

/// Opens the kernel's log; at its end reads give an error instead of a wait.
pub(crate) fn open_log() -> std::io::Result<File> {
    /// `O_NONBLOCK`
    const NONBLOCK: i32 = 0o4000;
    OpenOptions::new()
        .read(true)
        .custom_flags(NONBLOCK)
        .open("/dev/kmsg")
}

/// Reads the kernel's log from where the file is: `/dev/kmsg` gives a record for each read.
pub(crate) fn read_log(mut file: File) -> std::io::Result<String> {
    let mut out = String::new();
    let mut buffer = [0; 8192];
    let mut broken = 0;
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(size) => {
                let record = String::from_utf8_lossy(buffer.get(..size).unwrap_or_default());
                let line = record.lines().next().unwrap_or_default();
                out += line.split_once(';').map_or(line, |(_, text)| text);
                out.push('\n');
            }
            // The log has overtaken us: the next read goes on where it is now.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe && broken < 100 => {
                broken += 1;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(out)
}

/// Reads the kernel's log, what concerns cards.
fn kmsg() -> Datum<String> {
    Datum::from(open_log().and_then(read_log)).map(|text| log_lines(&text))
}

/// The processes, as far as `/proc` shows them.
fn processes() -> Vec<(u32, String)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let name = |pid: u32| {
        // The kernel cuts it after 15 bytes, which may be within a letter.
        let name = fs::read(format!("/proc/{pid}/comm")).ok()?;
        let name = String::from_utf8_lossy(&name);
        Some((pid, name.trim().replace(char::is_control, "?")))
    };
    let mut processes: Vec<_> = pids.filter_map(name).collect();
    processes.sort_unstable();
    processes
}

/// Returns whether a file is a device of a card.
fn is_of_card(file: &str) -> bool {
    const PREFIXES: [&str; 5] = [
        "/dev/dri/",
        "/dev/vfio/",
        "/dev/snd/",
        "/dev/nvidia",
        "/dev/fb",
    ];
    PREFIXES.iter().any(|prefix| file.starts_with(prefix))
        && file != "/dev/vfio/vfio"
        && file != "/dev/snd/timer"
}

/// Finds who has devices of cards, by a function that tells the files of a process.
fn users_by(files_of: impl Fn(u32) -> std::io::Result<Vec<String>>) -> Datum<String> {
    let mut out = String::new();
    let mut denied = false;
    for (pid, name) in processes() {
        let mut files = match files_of(pid) {
            Ok(files) => files,
            Err(error) => {
                denied |= error.kind() == std::io::ErrorKind::PermissionDenied;
                continue;
            }
        };
        files.retain(|file| is_of_card(file));
        files.sort_unstable();
        files.dedup();
        for file in files {
            out += &format!("{pid}\t{name}\t{file}\n");
        }
    }
    if denied && out.is_empty() {
        Datum::Unreadable("root".into())
    } else {
        Datum::Known(out)
    }
}

/// Finds who has devices of cards open.
fn open_files() -> Datum<String> {
    users_by(|pid| {
        let entries = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
        let files = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
        Ok(files
            .filter_map(|file| file.to_str().map(str::to_owned))
            .collect())
    })
}

/// Finds who has devices of cards mapped: such a mapping outlives the open file.
fn mapped_files() -> Datum<String> {
    users_by(|pid| {
        let maps = fs::read(format!("/proc/{pid}/maps"))?;
        let maps = String::from_utf8_lossy(&maps);
        // The sixth field is the path.
        let files = maps
            .lines()
            .filter_map(|line| line.split_whitespace().nth(5));
        Ok(files.map(str::to_owned).collect())
    })
}

/// Finds processes that cannot be woken and wait inside a driver's removal.
fn stuck() -> Datum<String> {
    let mut out = String::new();
    for (pid, name) in processes() {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        if !state.starts_with('D') {
            continue;
        }
        let stack = fs::read_to_string(format!("/proc/{pid}/stack")).unwrap_or_default();
        let wchan = fs::read_to_string(format!("/proc/{pid}/wchan")).unwrap_or_default();
        let words = [
            "device_release_driver",
            "snd_card_disconnect_sync",
            "pci_device_remove",
            "nv_",
        ];
        let at = words
            .iter()
            .find(|word| stack.contains(*word) || wchan.contains(*word));
        if let Some(at) = at {
            out += &format!("{pid}\t{name}\t{at}\n");
        }
    }
    Datum::Known(out)
}

/// Finds QEMU's processes: what they were told of cards.
fn guests() -> Datum<String> {
    let mut out = String::new();
    for (pid, name) in processes() {
        if !name.starts_with("qemu") {
            continue;
        }
        let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else {
            continue;
        };
        let words: Vec<_> = line
            .split(|byte| *byte == 0)
            .map(|word| String::from_utf8_lossy(word).replace(char::is_control, "?"))
            .collect();
        let mut guest = "-";
        for pair in words.windows(2) {
            if let [option, value] = pair {
                if option == "-name" {
                    let value = value.strip_prefix("guest=").unwrap_or(value);
                    guest = value.split(',').next().unwrap_or(value);
                }
            }
        }
        for word in &words {
            if word.contains("vfio-pci") {
                out += &format!("{pid}\t{guest}\t{word}\n");
            } else if word.contains("pflash") || word.contains("OVMF") {
                out += &format!("{pid}\t{guest}\tpflash\n");
            }
        }
    }
    Datum::Known(out)
}

/// Reads what the arbiter says; it says it again at each read.
fn arbiter() -> Datum<String> {
    let read = || {
        let mut buffer = [0; 1024];
        let size = File::open("/dev/vga_arbiter")?.read(&mut buffer)?;
        Ok(
            String::from_utf8_lossy(buffer.get(..size).unwrap_or_default())
                .trim()
                .to_owned(),
        )
    };
    read().into()
}

/// Reads what the arbiter says of a card: who has opened it may choose one, and locks nothing by it.
fn arbiter_of(card: &str) -> std::io::Result<String> {
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/vga_arbiter")?;
    std::io::Write::write_all(&mut file, format!("target PCI:{card}").as_bytes())?;
    let mut buffer = [0; 1024];
    let size = file.read(&mut buffer)?;
    Ok(
        String::from_utf8_lossy(buffer.get(..size).unwrap_or_default())
            .trim()
            .to_owned(),
    )
}

/// Says who asks.
fn caller() -> Datum<String> {
    let uid = rustix::process::geteuid().as_raw();
    let groups = rustix::process::getgroups().unwrap_or_default();
    let groups: Vec<_> = groups
        .iter()
        .map(|group| group.as_raw().to_string())
        .collect();
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    let limit = limit.map_or_else(|| "unlimited".into(), |bytes| bytes.to_string());
    Datum::Known(format!(
        "uid {uid}\ngroups {}\nmemlock {limit}\n",
        groups.join(" ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_whose_name_is_no_text_is_seen() {
        use std::{
            ffi::OsStr,
            os::unix::ffi::OsStrExt, //
        };

        let directory = tempfile::tempdir().unwrap();
        // As the kernel cuts a longer name.
        let program = directory.path().join(OsStr::from_bytes(b"screen \xc3"));
        std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
        let mut child = std::process::Command::new(&program)
            .args(["-c", "echo; read -r line"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Its name is given to it after it was made.
        let mut begun = [0];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut begun).unwrap();
        let found = processes();
        child.kill().unwrap();
        child.wait().unwrap();
        let name = found.iter().find(|(pid, _)| *pid == child.id());
        assert_eq!(name.unwrap().1, "screen \u{fffd}");
    }

    #[test]
    fn roms_are_compared() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for (name, bytes) in [("rom", "abcd"), ("same", "abcd"), ("other", "abXdef")] {
            fs::write(path(name), bytes).unwrap();
        }
        let compare = |name: &str| compare_rom(&path("rom"), &path(name));
        assert_eq!(compare("same"), Datum::Known("same".into()));
        assert_eq!(compare("other"), Datum::Known("differs 3".into()));
        assert_eq!(compare("none"), Datum::Absent);
        assert!(compare(".").needs().is_some());
    }

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

    #[test]
    fn functions_are_found_in_paths() {
        let path = "../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/drm/card0";
        assert_eq!(functions_in(path).last(), Some("0000:01:00.0"));
        assert_eq!(
            functions_in("../../devices/platform/simple-framebuffer.0").next(),
            None
        );
    }
}
