// SPDX-License-Identifier: GPL-2.0

//! PCI functions, their IOMMU groups and the cards that they make up.

use std::collections::{
    BTreeMap,
    BTreeSet, //
};

use vga_stub_core::{
    devices::Address,
    ids::Identity, //
};

use super::{
    bits::{
        fits_pattern,
        hex,
        pick_lines, //
    },
    selection::Named,
    Datum,
    Source, //
};

/// Where PCI functions are.
const DEVICES: &str = "/sys/bus/pci/devices";
/// Where the module shows the functions that it has claimed.
const CLASS: &str = "/sys/class/vga_stub";
/// Where IOMMU groups are.
const GROUPS: &str = "/sys/kernel/iommu_groups";
/// Lists of names, in the order in which they are tried.
const NAMES: [&str; 2] = ["/usr/share/misc/pci.ids", "/usr/share/hwdata/pci.ids"];

/// A base address register's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bar {
    /// Which one; 6 is the ROM's.
    pub(crate) index: usize,
    /// Where it starts; 0 where it has no address.
    pub(crate) start: u64,
    /// Its size, in bytes.
    pub(crate) size: u64,
    /// The kernel's flags: 0x200 is memory, 0x20000000 has no address.
    pub(crate) flags: u64,
}

/// What the module shows of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    /// `held`, `handed-off`, `unbound` and the like.
    pub(crate) state: Datum<String>,
    /// Where the ROM was read.
    pub(crate) rom_source: Datum<String>,
    /// Whether the ROM is valid.
    pub(crate) rom_status: Datum<String>,
    /// The ROM.
    pub(crate) rom: Datum<Vec<u8>>,
    /// What the guest does with legacy VGA.
    pub(crate) legacy: Datum<String>,
}

/// What is read of functions that belong to cards only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    /// The driver that alone may have it.
    pub(crate) driver_override: Datum<String>,
    /// Whether the machine booted with it; absent where it is no VGA card.
    pub(crate) boot_vga: Datum<bool>,
    /// The ways to reset it, in their order; absent where there is none.
    pub(crate) reset: Datum<Vec<String>>,
    /// `D0`, `D3hot`, `D3cold`.
    pub(crate) power: Datum<String>,
    /// `active`, `suspended`, `unsupported`.
    pub(crate) runtime: Datum<String>,
    /// Its base address registers that have a size.
    pub(crate) bars: Datum<Vec<Bar>>,
    /// The first 64 bytes of its configuration space; not read where that would wake it.
    pub(crate) config: Datum<Vec<u8>>,
    /// The names of its files in /dev/vfio/devices: `vfio3`.
    pub(crate) vfio: Datum<Vec<String>>,
    /// The names in its directory.
    pub(crate) files: Datum<Vec<String>>,
}

impl Details {
    /// Returns which base address registers can be resized.
    pub(crate) fn resizable(&self) -> Vec<usize> {
        let files = self.files.known().map(Vec::as_slice).unwrap_or_default();
        let number = |file: &String| {
            let rest = file.strip_prefix("resource")?;
            rest.strip_suffix("_resize")?.parse().ok()
        };
        files.iter().filter_map(number).collect()
    }
}

/// A PCI function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Where it is.
    pub(crate) address: Address,
    /// The same as the kernel writes it: `0000:01:00.0`.
    pub(crate) name: String,
    /// Its IDs and its class.
    pub(crate) identity: Identity,
    /// By what the kernel looks for its driver's module.
    pub(crate) modalias: String,
    /// The driver that has it; absent where none has.
    pub(crate) driver: Datum<String>,
    /// Where it is, where the bridge above it is, and so on up to the root bus.
    pub(crate) route: Vec<Address>,
    /// Its IOMMU group.
    pub(crate) group: Datum<u32>,
    /// Vendor and device in words, where the list of names has them.
    pub(crate) title: Option<String>,
    /// What the module shows of it; absent where the module has never claimed it.
    pub(crate) claimed: Datum<Claimed>,
    /// What names it to vga-stub.
    pub(crate) named: Option<Named>,
    /// The modules that the kernel would load for it, but for those that hold devices for guests.
    pub(crate) host_drivers: Vec<String>,
    /// What is read of functions of cards only.
    pub(crate) details: Details,
}

impl Function {
    /// Returns whether it is a display controller, of any kind.
    pub(crate) fn is_display(&self) -> bool {
        self.identity.class >> 16 == 0x03
    }

    /// Returns whether it is a bridge, which no group of a guest has to give up.
    pub(crate) fn is_bridge(&self) -> bool {
        self.identity.class >> 16 == 0x06
    }

    /// Returns whether it is a virtual function, which is a card of its own wherever it is.
    pub(crate) fn is_virtual(&self) -> bool {
        let files = self.details.files.known();
        files.is_some_and(|files| files.iter().any(|name| name == "physfn"))
    }

    /// Returns which slot it is in.
    pub(crate) fn slot(&self) -> Slot {
        Slot {
            domain: self.address.domain,
            bus: self.address.bus,
            slot: self.address.slot,
        }
    }

    /// Returns its name without the domain if that is 0.
    pub(crate) fn short(&self) -> &str {
        self.name.strip_prefix("0000:").unwrap_or(&self.name)
    }

    /// Returns its IDs as `lspci -n` has them.
    pub(crate) fn ids(&self) -> String {
        format!("{:04x}:{:04x}", self.identity.vendor, self.identity.device)
    }

    /// Returns its name in words, or its IDs.
    pub(crate) fn words(&self) -> String {
        self.title.clone().unwrap_or_else(|| self.ids())
    }

    /// Returns the word that `list` has for who has it: those of the module's file `state`, `host`
    /// for a driver that does not hold devices for guests, and `free`.
    pub(crate) fn state(&self) -> &str {
        if let Datum::Known(Claimed {
            state: Datum::Known(state),
            ..
        }) = &self.claimed
        {
            return state;
        }
        match &self.driver {
            Datum::Known(driver) if driver == "vga-stub" => "held",
            Datum::Known(driver) if is_holder(driver) => "handed-off",
            Datum::Known(_) => "host",
            Datum::Absent => "free",
            Datum::Unreadable(_) => "unknown",
        }
    }

    /// Returns the driver of the host that has it: none that holds devices for guests.
    pub(crate) fn host_driver(&self) -> Option<&str> {
        let driver = self.driver.known()?;
        (!is_holder(driver)).then_some(driver)
    }

    /// Returns the driver that has it for a guest, if it is not vga-stub.
    pub(crate) fn guests_driver(&self) -> Option<&str> {
        let driver = self.driver.known()?;
        (driver != "vga-stub" && is_holder(driver)).then_some(driver)
    }

    /// Returns where it is as a place that `devices=` takes, with `*` for all functions if
    /// `function` is not wanted.
    pub(crate) fn place(&self, function: bool) -> String {
        let mut hops = self.route.iter().rev();
        let mut text = String::new();
        if let Some(root) = hops.next() {
            if root.domain != 0 {
                text += &format!("{:04x}:", root.domain);
            }
            text += &format!("{:02x}:{:02x}.{:x}", root.bus, root.slot, root.function);
        }
        for hop in hops {
            text += &format!("/{:02x}.{:x}", hop.slot, hop.function);
        }
        if !function {
            text.pop();
            text.push('*');
        }
        text
    }
}

/// Returns whether a driver holds devices for guests: it does not use the kernel's DMA interface.
pub(crate) fn is_holder(driver: &str) -> bool {
    matches!(driver, "vga-stub" | "pci-stub" | "pciback") || is_vfio(driver)
}

/// Returns whether a driver is vfio-pci or a variant of it.
pub(crate) fn is_vfio(driver: &str) -> bool {
    driver.ends_with("vfio-pci") || driver.ends_with("vfio_pci")
}

/// A slot: what is plugged in as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Slot {
    /// The PCI domain.
    pub(crate) domain: u32,
    /// The number of its bus.
    pub(crate) bus: u8,
    /// The device number.
    pub(crate) slot: u8,
}

impl std::fmt::Display for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.domain != 0 {
            write!(f, "{:04x}:", self.domain)?;
        }
        write!(f, "{:02x}:{:02x}", self.bus, self.slot)
    }
}

/// An IOMMU group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// Its members' names, sorted.
    pub(crate) members: Vec<String>,
    /// What it takes to see its members, if they could not be read.
    pub(crate) unread: Option<String>,
    /// `DMA`, `identity` and the like.
    pub(crate) kind: Datum<String>,
    /// The ranges that it maps by itself, a line each: start, end, type.
    pub(crate) reserved: Datum<String>,
}

/// All PCI functions and IOMMU groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pci {
    /// The functions by their addresses, in rising order.
    pub(crate) functions: Datum<Vec<Function>>,
    /// The IOMMU groups by their numbers; absent or empty where there is no IOMMU.
    pub(crate) groups: Datum<BTreeMap<u32, Group>>,
}

/// Reads `[0000:]01:00.0`.
fn address(name: &str) -> Option<Address> {
    Address::parse(name.as_bytes())
}

/// Reads all PCI functions and IOMMU groups. `named` says what names a function.
pub(super) fn read(
    source: &dyn Source,
    named: &dyn Fn(&[Address], &Identity) -> Option<Named>,
) -> Pci {
    let groups = read_groups(source);
    let mut group_of = BTreeMap::new();
    // What it takes to see the members of all groups, if it takes anything.
    let mut needs = groups.needs().map(str::to_owned);
    if let Datum::Known(groups) = &groups {
        for (&number, group) in groups {
            needs = needs.or_else(|| group.unread.clone());
            for member in &group.members {
                group_of.insert(member.clone(), number);
            }
        }
    }
    let names = source.list(DEVICES);
    let mut functions = names.map(|names| {
        let mut functions: Vec<_> = names
            .iter()
            .filter_map(|name| read_function(source, name))
            .collect();
        functions.sort_by_key(|function| {
            let at = function.address;
            (at.domain, at.bus, at.slot, at.function)
        });
        functions
    });
    let Datum::Known(found) = &mut functions else {
        return Pci { functions, groups };
    };
    let cards: BTreeSet<_> = found
        .iter()
        .filter(|function| function.is_display())
        .map(Function::slot)
        .collect();
    let claimed = source.list(CLASS);
    for function in found.iter_mut() {
        function.named = named(&function.route, &function.identity);
        let group = Datum::from(group_of.get(&function.name).copied());
        function.group = group.or_else(|| match &needs {
            Some(needs) => Datum::Unreadable(needs.clone()),
            None => Datum::Absent,
        });
        function.claimed = claimed.as_ref().and_then(|claimed| {
            let there = claimed.contains(&function.name);
            there.then(|| read_claimed(source, &function.name)).into()
        });
        let card = cards.contains(&function.slot());
        if card || function.named.is_some() || function.claimed.known().is_some() {
            function.details = read_details(source, function);
        }
    }
    // Names and host drivers of all that is on a card or shares a group with one.
    let near: BTreeSet<_> = found
        .iter()
        .filter(|function| cards.contains(&function.slot()) || function.named.is_some())
        .filter_map(|function| function.group.known().copied())
        .collect();
    let mut wanted: Vec<_> = found
        .iter_mut()
        .filter(|function| {
            cards.contains(&function.slot())
                || function.named.is_some()
                || function
                    .group
                    .known()
                    .is_some_and(|group| near.contains(group))
        })
        .collect();
    name_functions(source, &mut wanted);
    find_drivers(source, &mut wanted);
    Pci { functions, groups }
}

/// Reads the IOMMU groups.
fn read_groups(source: &dyn Source) -> Datum<BTreeMap<u32, Group>> {
    source.list(GROUPS).map(|numbers| {
        let group = |text: &String| {
            let number = text.parse().ok()?;
            let base = format!("{GROUPS}/{number}");
            let members = source.list(&format!("{base}/devices"));
            let group = Group {
                unread: members.needs().map(str::to_owned),
                members: members.known().cloned().unwrap_or_default(),
                kind: source.value(&format!("{base}/type")),
                reserved: source.text(&format!("{base}/reserved_regions")),
            };
            Some((number, group))
        };
        numbers.iter().filter_map(group).collect()
    })
}

/// Reads what is read of every function.
fn read_function(source: &dyn Source, name: &str) -> Option<Function> {
    let address = address(name)?;
    let base = format!("{DEVICES}/{name}");
    let uevent = source.text(&format!("{base}/uevent"));
    let field = |key: &str| {
        uevent.as_ref().and_then(|text| {
            let mut lines = text.lines();
            lines
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .map(str::to_owned)
                .into()
        })
    };
    let pair = |key: &str| {
        let text = field(key).known().cloned().unwrap_or_default();
        let (one, other) = text.split_once(':').unwrap_or_default();
        let number = |text| hex(text).and_then(|id| u16::try_from(id).ok()).unwrap_or(0);
        (number(one), number(other))
    };
    let (vendor, device) = pair("PCI_ID");
    let (subvendor, subdevice) = pair("PCI_SUBSYS_ID");
    let class = field("PCI_CLASS");
    let class = class.known().and_then(|class| hex(class)).unwrap_or(0);
    // From the device up: the last parts of the link are addresses.
    let link = source.link(&base);
    let mut route: Vec<_> = link
        .known()
        .map(|link| link.rsplit('/').map_while(self::address).collect())
        .unwrap_or_default();
    if route.first() != Some(&address) {
        route = vec![address];
    }
    Some(Function {
        address,
        name: name.into(),
        identity: Identity {
            vendor,
            device,
            subvendor,
            subdevice,
            class: u32::try_from(class).unwrap_or(0) & 0xff_ffff,
        },
        modalias: field("MODALIAS").known().cloned().unwrap_or_default(),
        driver: field("DRIVER"),
        route,
        group: Datum::Absent,
        title: None,
        claimed: Datum::Absent,
        named: None,
        host_drivers: Vec::new(),
        details: Details::default(),
    })
}

/// Reads what the module shows of a function.
fn read_claimed(source: &dyn Source, name: &str) -> Claimed {
    let base = format!("{CLASS}/{name}");
    Claimed {
        state: source.value(&format!("{base}/state")),
        rom_source: source.value(&format!("{base}/rom_source")),
        rom_status: source.value(&format!("{base}/rom_status")),
        rom: source.read(&format!("{base}/rom")),
        legacy: source.value(&format!("{base}/legacy")),
    }
}

/// Reads what is read of functions of cards only.
fn read_details(source: &dyn Source, function: &Function) -> Details {
    let base = format!("{DEVICES}/{}", function.name);
    let value = |file: &str| source.value(&format!("{base}/{file}"));
    let power = value("power_state");
    let runtime = value("power/runtime_status");
    let above = function.route.get(1).map_or(Datum::Absent, |port| {
        let name = format!(
            "{:04x}:{:02x}:{:02x}.{:x}",
            port.domain, port.bus, port.slot, port.function
        );
        source.value(&format!("{DEVICES}/{name}/power/runtime_status"))
    });
    // Reading configuration space wakes what is above, and a card in D3cold (pci_read_config() in
    // drivers/pci/pci-sysfs.c).
    // What cannot be seen may be so.
    let is = |state: &Datum<String>, word: &str| match state {
        Datum::Known(state) => state == word,
        Datum::Absent => false,
        Datum::Unreadable(_) => true,
    };
    let asleep = is(&power, "D3cold") || is(&above, "suspended");
    let config = if asleep {
        Datum::Unreadable("the card awake".into())
    } else {
        source.head(&format!("{base}/config"), 64)
    };
    let driver_override = value("driver_override").and_then(|text| match text.as_str() {
        "(null)" | "" => Datum::Absent,
        _ => Datum::Known(text),
    });
    Details {
        driver_override,
        boot_vga: value("boot_vga").map(|text| text == "1"),
        reset: value("reset_method")
            .map(|text| text.split_whitespace().map(str::to_owned).collect()),
        power,
        runtime,
        bars: source
            .text(&format!("{base}/resource"))
            .map(|text| read_bars(&text)),
        config,
        vfio: source.list(&format!("{base}/vfio-dev")),
        files: source.list(&base),
    }
}

/// Reads the lines of a file `resource`: start, end, flags.
fn read_bars(text: &str) -> Vec<Bar> {
    let bar = |(index, line): (usize, &str)| {
        let mut fields = line.split_whitespace().map(hex);
        let (start, end, flags) = (fields.next()??, fields.next()??, fields.next()??);
        let size = end.checked_sub(start)?.checked_add(1)?;
        (flags != 0).then_some(Bar {
            index,
            start,
            size,
            flags,
        })
    };
    text.lines().take(7).enumerate().filter_map(bar).collect()
}

/// Gives functions their names in words.
fn name_functions(source: &dyn Source, functions: &mut [&mut Function]) {
    let wanted: BTreeSet<_> = functions
        .iter()
        .map(|function| (function.identity.vendor, function.identity.device))
        .collect();
    let pick = |text: &str| pick_names(text, &wanted);
    let [first, second] = NAMES;
    let list = source.filtered(first, &pick);
    let list = list.or_else(|| source.filtered(second, &pick));
    let Datum::Known(list) = list else {
        return;
    };
    let names = read_names(&list);
    for function in functions {
        let Identity { vendor, device, .. } = function.identity;
        let maker = names.get(&(vendor, None)).map(|name| short_maker(name));
        let model = names.get(&(vendor, Some(device)));
        function.title = match (maker, model) {
            (Some(maker), Some(model)) => Some(format!("{maker} {model}")),
            (Some(maker), None) => Some(format!("{maker} device {device:04x}")),
            (None, _) => None,
        };
    }
}

/// Returns a maker's name as people say it.
fn short_maker(name: &str) -> String {
    if let Some((_, short)) = name
        .strip_suffix(']')
        .and_then(|name| name.rsplit_once('['))
    {
        return short.split('/').next().unwrap_or(short).to_owned();
    }
    const ENDS: [&str; 7] = [
        "Corporation",
        "Corp.",
        "Inc.",
        "Ltd.",
        "Co.",
        "Limited",
        "Technologies",
    ];
    let words: Vec<_> = name
        .split_whitespace()
        .map(|word| word.trim_end_matches(','))
        .take_while(|word| !ENDS.contains(word))
        .collect();
    if words.is_empty() {
        name.to_owned()
    } else {
        words.join(" ")
    }
}

/// Returns the lines of pci.ids that name one of some devices.
fn pick_names(text: &str, wanted: &BTreeSet<(u16, u16)>) -> String {
    let mut vendor = None;
    let id = |text: &str| {
        text.get(..4)
            .and_then(|id| u16::from_str_radix(id, 16).ok())
    };
    let vendors: BTreeSet<_> = wanted.iter().map(|(vendor, _)| *vendor).collect();
    pick_lines(text, |line| match line.strip_prefix('\t') {
        None => {
            // The classes follow, as "C 00".
            vendor = id(line).filter(|vendor| vendors.contains(vendor));
            vendor.is_some()
        }
        Some(device) if !device.starts_with('\t') => vendor
            .zip(id(device))
            .is_some_and(|device| wanted.contains(&device)),
        Some(_) => false,
    })
}

/// Reads lines of pci.ids: vendors, and devices behind a tab.
fn read_names(text: &str) -> BTreeMap<(u16, Option<u16>), String> {
    let mut names = BTreeMap::new();
    let mut vendor = 0;
    for line in text.lines() {
        let device = line.strip_prefix('\t');
        let Some((id, name)) = device.unwrap_or(line).split_once("  ") else {
            continue;
        };
        let Ok(id) = u16::from_str_radix(id, 16) else {
            continue;
        };
        if device.is_none() {
            vendor = id;
        }
        names.insert((vendor, device.map(|_| id)), name.to_owned());
    }
    names
}

/// Gives functions the modules that the kernel would load for them, from modules.alias.
fn find_drivers(source: &dyn Source, functions: &mut [&mut Function]) {
    let Datum::Known(kernel) = source.value("/proc/sys/kernel/osrelease") else {
        return;
    };
    let wanted: BTreeSet<_> = functions
        .iter()
        .map(|function| function.modalias.as_str())
        .filter(|modalias| !modalias.is_empty())
        .collect();
    let pick = |text: &str| {
        pick_lines(text, |line| {
            let pattern = line
                .strip_prefix("alias pci:")
                .and_then(|rest| rest.split_once(' '));
            pattern.is_some_and(|(pattern, _)| {
                wanted.iter().any(|modalias| {
                    let rest = modalias.strip_prefix("pci:");
                    rest.is_some_and(|rest| fits_pattern(pattern, rest))
                })
            })
        })
    };
    let mut list = String::new();
    for file in ["modules.alias", "modules.builtin.alias"] {
        let path = format!("/lib/modules/{kernel}/{file}");
        if let Datum::Known(text) = source.filtered(&path, &pick) {
            list += &text;
        }
    }
    let aliases: Vec<_> = list
        .lines()
        .filter_map(|line| line.strip_prefix("alias ")?.split_once(' '))
        .collect();
    for function in functions {
        for (pattern, module) in &aliases {
            let known = function.host_drivers.iter().any(|known| known == module);
            if !known && !is_vfio(module) && fits_pattern(pattern, &function.modalias) {
                function.host_drivers.push((*module).to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makers_are_named_as_people_say() {
        let short = [
            ("NVIDIA Corporation", "NVIDIA"),
            ("Advanced Micro Devices, Inc. [AMD/ATI]", "AMD"),
            ("Intel Corporation", "Intel"),
            ("Red Hat, Inc.", "Red Hat"),
        ];
        for (name, wanted) in short {
            assert_eq!(short_maker(name), wanted);
        }
    }

    #[test]
    fn only_the_names_that_are_wanted_are_picked() {
        let list = "# comment\n10de  NVIDIA Corporation\n\t2684  AD102\n\t\t1043 88e2  Card\n\
                    \t2685  Other\n8086  Intel Corporation\n\t1234  X\nC 03  Display\n\t00  VGA\n";
        let picked = pick_names(list, &BTreeSet::from([(0x10de, 0x2684)]));
        assert_eq!(picked, "10de  NVIDIA Corporation\n\t2684  AD102\n");
        assert_eq!(read_names(&picked).len(), 2);
    }

    #[test]
    fn bars() {
        let text = "0x00000000d0000000 0x00000000dfffffff 0x000000000014220c\n\
                    0x0000000000000000 0x0000000000000000 0x0000000000000000\nrubbish\n";
        let bar = Bar {
            index: 0,
            start: 0xd000_0000,
            size: 256 << 20,
            flags: 0x14_220c,
        };
        assert_eq!(read_bars(text), [bar]);
    }
}
