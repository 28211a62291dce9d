// SPDX-License-Identifier: GPL-2.0

//! How long `vga-stub doctor` takes on a machine with 64 cards, and how many files it looks at.

use std::{
    fs,
    path::Path,
    time::{
        Duration,
        Instant, //
    },
};

/// What it may take.
const LIMIT: Duration = Duration::from_millis(200);

/// Writes a file with the directories above it.
fn file(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory).unwrap();
    }
    fs::write(path, text).unwrap();
}

/// Makes a machine with 64 cards of two functions, each behind a port of its own, and with what
/// else takes time to read: the lists of modules and of names.
fn machine(root: &Path) {
    file(root, "proc/sys/kernel/osrelease", "7.2.12\n");
    file(root, "proc/cmdline", "quiet\n");
    file(
        root,
        "sys/module/vga_stub/parameters/ids",
        "10de:2684,10de:22ba\n",
    );
    let mut aliases = String::new();
    for number in 0..20_000 {
        aliases += &format!(
            "alias pci:v0000{:04X}d0000{number:04X}sv*sd*bc*sc*i* m{number}\n",
            0x1000 + number % 64
        );
    }
    file(root, "lib/modules/7.2.12/modules.alias", &aliases);
    let mut names = String::from("10de  NVIDIA Corporation\n");
    for number in 0..20_000 {
        names += &format!("\t{number:04x}  Device {number}\n\t\t1043 {number:04x}  Board\n");
    }
    file(root, "usr/share/misc/pci.ids", &names);
    for bus in 1..=64 {
        let port = format!("0000:00:{:02x}.{:x}", bus / 8 + 1, bus % 8);
        function(root, &port, &port, "60400", "8086:A70D", 100 + bus);
        for (function_number, class, device) in [(0, "30000", "2684"), (1, "40300", "22BA")] {
            let name = format!("0000:{bus:02x}:00.{function_number}");
            let below = format!("{port}/{name}");
            function(root, &name, &below, class, &format!("10DE:{device}"), bus);
        }
    }
}

/// Makes a function.
fn function(root: &Path, name: &str, place: &str, class: &str, ids: &str, group: u32) {
    let at = format!("sys/devices/pci0000:00/{place}");
    let (vendor, device) = ids.split_once(':').unwrap();
    let uevent = format!(
        "DRIVER=vga-stub\nPCI_CLASS={class}\nPCI_ID={ids}\nPCI_SUBSYS_ID=1043:0001\n\
         MODALIAS=pci:v0000{vendor}d0000{device}sv00001043sd00000001bc03sc00i00\n"
    );
    file(root, &format!("{at}/uevent"), &uevent);
    for (name, text) in [
        ("driver_override", "vga-stub\n"),
        ("boot_vga", "0\n"),
        ("reset_method", "flr bus\n"),
        ("power_state", "D3hot\n"),
        ("power/runtime_status", "active\n"),
        (
            "resource",
            "0x00000000d0000000 0x00000000d0ffffff 0x0000000000040200\n",
        ),
        (
            "config",
            "0123456789012345678901234567890123456789012345678901234567890123",
        ),
    ] {
        file(root, &format!("{at}/{name}"), text);
    }
    fs::create_dir_all(root.join("sys/bus/pci/devices")).unwrap();
    let target = format!("../../../devices/pci0000:00/{place}");
    std::os::unix::fs::symlink(target, root.join(format!("sys/bus/pci/devices/{name}"))).unwrap();
    file(
        root,
        &format!("sys/kernel/iommu_groups/{group}/devices/{name}"),
        "",
    );
    file(
        root,
        &format!("sys/kernel/iommu_groups/{group}/reserved_regions"),
        "",
    );
    if class != "60400" {
        file(root, &format!("sys/class/vga_stub/{name}/state"), "held\n");
        file(
            root,
            &format!("sys/class/vga_stub/{name}/rom_status"),
            "ok\n",
        );
    }
}

/// Measures.
fn main() {
    let root = tempfile::tempdir().unwrap();
    machine(root.path());
    let mut best = Duration::MAX;
    let mut result = (0, 0);
    for _ in 0..10 {
        let start = Instant::now();
        result = vga_stub_cli::diagnose(root.path()).unwrap();
        best = best.min(start.elapsed());
    }
    let (looked_at, findings) = result;
    println!("doctor, 64 cards: {best:?}, {looked_at} files and directories, {findings} findings");
    assert!(findings > 64, "it has not looked");
    assert!(best < LIMIT, "more than {LIMIT:?}");
}
