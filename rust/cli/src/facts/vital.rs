// SPDX-License-Identifier: GPL-2.0

//! What the host lives on: disks with its file systems and its swap, its network, its keyboard.

use std::collections::BTreeMap;

use super::{
    bits::{
        functions_in,
        hex, //
    },
    Source, //
};

/// What the host can do without if its user says so.
pub(crate) const KEYBOARD: &str = "the only keyboard";

/// The mount points that every system may have: others can have names of people.
const USUAL: [&str; 13] = [
    "/",
    "/boot",
    "/boot/efi",
    "/efi",
    "/home",
    "/nix",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/usr",
    "/var",
    "/var/lib",
];

/// Finds the functions that the host lives on.
pub(super) fn vital(source: &dyn Source) -> BTreeMap<String, String> {
    let mut vital = BTreeMap::new();
    let mut add = |function: String, what: &str| {
        vital.entry(function).or_insert_with(|| what.to_owned());
    };
    // What the user knows best comes first.
    for (disk, what) in mounts(source) {
        for function in functions_of_disk(source, &disk, 0) {
            add(function, &what);
        }
    }
    for (interface, function) in routes(source) {
        let what = format!("the default route of the network ({interface})");
        add(function, &what);
    }
    for disk in swaps(source) {
        for function in functions_of_disk(source, &disk, 0) {
            add(function, "swap space in use");
        }
    }
    if let Some(function) = only_keyboard(source) {
        add(function, KEYBOARD);
    }
    vital
}

/// Returns the disks that are mounted, by their paths in sysfs, the root file system first; and what
/// each has.
fn mounts(source: &dyn Source) -> Vec<(String, String)> {
    let text = source.filtered("/proc/self/mountinfo", &|text| {
        // Only those of devices, as "0 0 DEVICE / MOUNTPOINT".
        let mut out = String::new();
        for line in text.lines() {
            if let Some((device, point)) = mount(line) {
                let line = format!("0 0 {device} / {point}\n");
                if !out.contains(&line) {
                    out += &line;
                }
            }
        }
        out
    });
    let text = text.known().map(String::as_str).unwrap_or_default();
    let mut mounts = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ').skip(2);
        let (Some(device), Some(point)) = (words.next(), words.nth(1)) else {
            continue;
        };
        let what = match point.strip_suffix("/*") {
            _ if point == "/" => "the root file system".into(),
            Some("") => "a file system below /".into(),
            Some(top) => format!("a file system below {top}"),
            None => format!("the file system of {point}"),
        };
        for disk in disks(source, device) {
            mounts.push((disk, what.clone()));
        }
    }
    mounts.sort_by_key(|(_, what)| what != "the root file system");
    mounts
}

/// Returns the device that a line of mountinfo names, `MAJOR:MINOR` or a name, and where it is
/// mounted, without what may be a name of somebody.
fn mount(line: &str) -> Option<(String, String)> {
    let mut words = line.split(' ');
    let number = words.nth(2)?;
    let point = words.nth(1)?;
    let device = if number.starts_with("0:") {
        // btrfs has a number of its own: the device stands behind the dash.
        let (_, rest) = line.split_once(" - ")?;
        node(rest.split(' ').nth(1)?)?
    } else {
        number.to_owned()
    };
    let point = if USUAL.contains(&point) {
        point.to_owned()
    } else {
        let top = point.split('/').nth(1)?;
        let known = [
            "boot", "home", "media", "mnt", "opt", "run", "srv", "usr", "var",
        ];
        match known.contains(&top) {
            true => format!("/{top}/*"),
            false => "/*".into(),
        }
    };
    Some((device, point))
}

/// Returns the name of a block device's node, `mapper` for those with names that people have given.
fn node(path: &str) -> Option<String> {
    let name = path.strip_prefix("/dev/")?;
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    match name.starts_with("mapper/") {
        true => Some("mapper".into()),
        false => plain.then(|| name.to_owned()),
    }
}

/// Returns the disks that a device means, by their paths in sysfs: of `mapper`, all that the device
/// mapper has.
fn disks(source: &dyn Source, device: &str) -> Vec<String> {
    if device.contains(':') {
        return vec![format!("/sys/dev/block/{device}")];
    }
    if device != "mapper" {
        return vec![format!("/sys/class/block/{device}")];
    }
    let all = source.list("/sys/class/block");
    let all = all.known().into_iter().flatten();
    all.filter(|name| name.starts_with("dm-"))
        .map(|name| format!("/sys/class/block/{name}"))
        .collect()
}

/// Returns the interfaces that default routes go by, and their functions.
fn routes(source: &dyn Source) -> Vec<(String, String)> {
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
    let routes = routes.known().map(String::as_str).unwrap_or_default();
    let function = |line: &str| {
        let interface = line.split(' ').next()?;
        let link = source.link(&format!("/sys/class/net/{interface}"));
        let function = functions_in(link.known()?).last()?;
        Some((interface.to_owned(), function.to_owned()))
    };
    routes.lines().filter_map(function).collect()
}

/// Returns the disks that are swapped to, by their paths in sysfs. A file's is mounted.
fn swaps(source: &dyn Source) -> Vec<String> {
    let swaps = source.filtered("/proc/swaps", &|text| {
        let mut out = String::new();
        for line in text.lines() {
            let path = line.split_whitespace().next().unwrap_or_default();
            if let Some(name) = node(path) {
                out += &format!("/dev/{name}\n");
            }
        }
        out
    });
    let swaps = swaps.known().map(String::as_str).unwrap_or_default();
    let names = swaps.lines().filter_map(|line| line.strip_prefix("/dev/"));
    names.flat_map(|name| disks(source, name)).collect()
}

/// Returns the function that all keyboards hang on.
fn only_keyboard(source: &dyn Source) -> Option<String> {
    /// The keys from Escape to D, by which udev knows a keyboard.
    const KEYS: u64 = 0xffff_fffe;
    let inputs = source.list("/sys/class/input");
    let mut found: Option<String> = None;
    for name in inputs
        .known()?
        .iter()
        .filter(|name| name.starts_with("input"))
    {
        let keys = source.value(&format!("/sys/class/input/{name}/capabilities/key"));
        // The lowest ones come last.
        let lowest = keys.known().and_then(|keys| hex(keys.rsplit(' ').next()?));
        if lowest.is_none_or(|lowest| lowest & KEYS != KEYS) {
            continue;
        }
        let link = source.link(&format!("/sys/class/input/{name}"));
        let link = link.known()?;
        // What a program makes is no keyboard, but for those that Bluetooth has by one.
        if link.contains("/virtual/") && !link.contains("/uhid/") {
            continue;
        }
        let function = functions_in(link).last()?;
        match &found {
            Some(other) if other != function => return None,
            _ => found = Some(function.to_owned()),
        }
    }
    found
}

/// Returns the functions that a disk hangs on, through what is made of other disks.
fn functions_of_disk(source: &dyn Source, path: &str, depth: usize) -> Vec<String> {
    let link = source.link(path);
    let Some(link) = link.known() else {
        return Vec::new();
    };
    if let Some(function) = functions_in(link).last() {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{
        good,
        Machine, //
    };

    /// Where the card's USB controller is.
    const USB: &str = "../../devices/pci0000:00/0000:00:01.0/0000:01:00.2";

    /// What the host has on the card's USB controller.
    fn on_usb(machine: &Machine) -> Option<String> {
        let vital = machine.host().system.vital;
        vital.get("0000:01:00.2").cloned()
    }

    /// A disk on it.
    fn disk() -> Machine {
        let disk = format!("{USB}/usb3/3-1/3-1:1.0/host6/target6:0:0/6:0:0:0/block/sdb/sdb1");
        good()
            .link("/sys/dev/block/8:17", &disk)
            .link("/sys/class/block/sdb1", &disk)
    }

    #[test]
    fn other_mounts_than_the_systems() {
        for (line, what) in [
            (
                "8:17 / /srv rw - ext4 /dev/sdb1 rw",
                "the file system of /srv",
            ),
            (
                "8:17 / /srv/alice rw - ext4 /dev/sdb1 rw",
                "a file system below /srv",
            ),
            (
                "8:17 / /alices rw - ext4 /dev/sdb1 rw",
                "a file system below /",
            ),
            (
                "8:17 / /media/a/b rw - vfat /dev/sdb1 rw",
                "a file system below /media",
            ),
            // btrfs has a number of its own.
            ("0:26 /@ / rw - btrfs /dev/sdb1 rw", "the root file system"),
        ] {
            let machine = disk().file("/proc/self/mountinfo", &format!("29 1 {line}\n"));
            assert_eq!(on_usb(&machine).as_deref(), Some(what), "{line}");
        }
        for line in [
            "0:26 / /run rw - tmpfs tmpfs rw",
            "8:18 / /srv rw - ext4 /dev/sdb2 rw",
            "x",
            "",
        ] {
            let machine = disk().file("/proc/self/mountinfo", &format!("29 1 {line}\n"));
            assert_eq!(on_usb(&machine), None, "{line}");
        }
    }

    #[test]
    fn btrfs_on_an_encrypted_volume() {
        let machine = disk()
            .file(
                "/proc/self/mountinfo",
                "29 1 0:26 /@ / rw - btrfs /dev/mapper/luks-alice rw\n",
            )
            .link("/sys/class/block/dm-0", "../../devices/virtual/block/dm-0")
            .file("/sys/class/block/dm-0/slaves/sdb1", "");
        assert_eq!(on_usb(&machine).as_deref(), Some("the root file system"));
    }

    #[test]
    fn swap_is_lived_on() {
        let text = "Filename Type Size Used Priority\n/dev/sdb1 partition 9 0 -2\n";
        let machine = disk().file("/proc/swaps", text);
        assert_eq!(on_usb(&machine).as_deref(), Some("swap space in use"));
        let none = disk().file(
            "/proc/swaps",
            "Filename Type Size Used Priority\n/swap file 9 0 -2\n",
        );
        assert_eq!(on_usb(&none), None);
    }

    /// A keyboard, or something like one.
    fn input(machine: Machine, name: &str, keys: &str, at: &str) -> Machine {
        let file = format!("/sys/class/input/{name}");
        machine
            .file(&format!("{file}/capabilities/key"), &format!("{keys}\n"))
            .link(&file, &format!("{at}/input/{name}"))
    }

    #[test]
    fn the_only_keyboard() {
        const KEYS: &str = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe";
        let usb = || {
            input(
                good(),
                "input5",
                KEYS,
                &format!("{USB}/usb3/3-2/3-2:1.0/0003:046D:C31C.0001"),
            )
        };
        assert_eq!(on_usb(&usb()).as_deref(), Some(KEYBOARD));
        // The power button, and what a program has made, are none.
        let more = input(
            usb(),
            "input0",
            "10000000000000 0",
            "../../devices/LNXSYSTM:00/LNXPWRBN:00",
        );
        let more = input(more, "input9", KEYS, "../../devices/virtual");
        assert_eq!(on_usb(&more).as_deref(), Some(KEYBOARD));
        for other in [
            "../../devices/platform/i8042/serio0",
            "../../devices/pci0000:00/0000:00:14.0/usb1/1-1/1-1:1.0/0003:1532:0203.0002",
            "../../devices/virtual/misc/uhid/0005:046D:B342.0003",
        ] {
            assert_eq!(
                on_usb(&input(usb(), "input1", KEYS, other)),
                None,
                "{other}"
            );
        }
    }
}
