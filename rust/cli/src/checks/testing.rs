// SPDX-License-Identifier: GPL-2.0

//! Every check against a machine on which it fires and a near miss on which it must not; and what
//! holds for all of them.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    find,
    finding::*,
    run,
    run_one,
    Check,
    ALL,
    CASES, //
};
use crate::facts::{
    testing::{
        good,
        Machine, //
    },
    Datum, //
};

/// A machine on which a check fires, and one on which it must not.
pub(super) struct Case {
    /// The machine on which it fires.
    pub(super) bad: fn() -> Machine,
    /// How bad that is.
    pub(super) level: Level,
    /// What it says then.
    pub(super) says: &'static str,
    /// A machine that is nearly so, on which it must not fire.
    pub(super) near: fn() -> Machine,
}

/// A ROM with an image of each of some code types.
pub(super) fn rom(types: &[u8]) -> Vec<u8> {
    let mut rom = Vec::new();
    for (at, code) in types.iter().enumerate() {
        let mut image = vec![0; 512];
        image[..2].copy_from_slice(&[0x55, 0xaa]);
        image[2] = 1;
        image[0x18] = 0x1c;
        if *code == 3 {
            image[2..4].copy_from_slice(&[1, 0]);
            image[4..8].copy_from_slice(&0x0ef1_u32.to_le_bytes());
            image[8..10].copy_from_slice(&11_u16.to_le_bytes());
            image[10..12].copy_from_slice(&0x8664_u16.to_le_bytes());
        }
        image[0x1c..0x20].copy_from_slice(b"PCIR");
        image[0x20..0x24].copy_from_slice(&[0xde, 0x10, 0x84, 0x26]);
        image[0x26] = 0x18;
        image[0x2c] = 1;
        image[0x30] = *code;
        image[0x31] = if at + 1 == types.len() { 0x80 } else { 0 };
        rom.extend(image);
    }
    rom
}

/// The usual machine with a card of AMD's in place of NVIDIA's.
pub(super) fn amd(device: &str) -> Machine {
    let machine = good().card("0000:01:00.0", "00:01.0", "1002", device, "030000");
    machine.held("0000:01:00.0")
}

/// Returns what a check says of a machine, without what is good or unknown.
fn said(check: &Check, machine: &Machine) -> Vec<Finding> {
    let mut findings = run_one(check, &machine.host());
    findings.retain(|finding| finding.level < Level::Unknown);
    findings
}

#[test]
fn each_check_fires() {
    for (check, case) in CASES {
        let found = said(check, &(case.bad)());
        let hit = found
            .iter()
            .any(|finding| finding.level == case.level && finding.summary.contains(case.says));
        assert!(hit, "{}: {found:#?}", check.id);
    }
}

#[test]
fn no_check_fires_on_a_near_miss() {
    for (check, case) in CASES {
        let found = said(check, &(case.near)());
        assert!(found.is_empty(), "{}: {found:#?}", check.id);
    }
}

#[test]
fn nothing_is_said_of_a_good_machine() {
    for check in ALL {
        let found = said(check, &good());
        assert!(found.is_empty(), "{}: {found:#?}", check.id);
    }
}

#[test]
fn what_is_found_is_seen_somewhere_and_has_a_way_on() {
    for (check, case) in CASES {
        for finding in said(check, &(case.bad)()) {
            let id = check.id;
            assert!(
                !finding.evidence.is_empty(),
                "{id} has no evidence: {finding:?}"
            );
            let way = !finding.remedy.is_empty() || !finding.detail.is_empty();
            assert!(
                way || finding.level == Level::Info,
                "{id} has no remedy: {finding:?}"
            );
            assert!(!finding.summary.ends_with('.'), "{id}: {}", finding.summary);
            for text in [&finding.detail]
                .into_iter()
                .chain(finding.remedy.iter().map(|r| &r.text))
            {
                assert!(!text.contains("  "), "{id}: {text}");
            }
        }
    }
}

#[test]
fn names_are_one_each() {
    let mut names = BTreeSet::new();
    for check in ALL {
        assert!(names.insert(check.id), "{} is there twice", check.id);
        for alias in check.aliases {
            assert!(names.insert(alias), "{alias} is there twice");
        }
        assert_eq!(find(check.id).map(|found| found.id), Some(check.id));
        assert!(!check.sources.is_empty(), "{} has no source", check.id);
        assert!(check.about.trim_end().ends_with('.'), "{}", check.id);
    }
    for question in 1..=10 {
        assert!(find(&format!("q{question}")).is_some(), "q{question}");
    }
    assert_eq!(ALL.len(), 81);
}

#[test]
fn the_file_of_a_check_has_its_name() {
    let source = include_str!("../checks.rs");
    for check in ALL {
        let module = check.id.replace('-', "_");
        let listed = source.split_whitespace().any(|word| word == module);
        assert!(listed, "{} is not in a file {module}.rs", check.id);
    }
}

#[test]
fn nobody_sees_enough_and_no_failure_that_is_none() {
    let machine = good()
        .bytes("/sys/class/vga_stub/0000:01:00.0/rom", &rom(&[0, 3]))
        .directory("/etc/libvirt/qemu");
    assert_eq!(failures(&machine), BTreeSet::new());
    let nobody = [
        "kernel-log",
        "open-files",
        "guests",
        "arbiter",
        "/etc/libvirt/qemu",
    ]
    .into_iter()
    .fold(machine, |machine, path| machine.denied(path))
    .denied("/sys/class/vga_stub/0000:01:00.0/rom");
    assert_eq!(failures(&nobody), BTreeSet::new());
    let findings = run(&nobody.host());
    let unknown = findings
        .iter()
        .filter(|finding| finding.level == Level::Unknown);
    let unknown: Vec<_> = unknown
        .map(|finding| (finding.id, finding.needs.as_deref()))
        .collect();
    assert_eq!(
        unknown,
        [
            ("xml-partial", Some("root")),
            ("arbiter", Some("root")),
            ("rom-no-efi", Some("root"))
        ]
    );
    // A failure is seen all the same.
    assert!(!failures(&nobody.lost("0000:01:00.1", "snd_hda_intel")).is_empty());
}

/// Returns the failures on a machine: check and subject.
fn failures(machine: &Machine) -> BTreeSet<(&'static str, Subject)> {
    let findings = run(&machine.host()).into_iter();
    let failures = findings.filter(|finding| finding.level == Level::Fail);
    failures
        .map(|finding| (finding.id, finding.subject))
        .collect()
}

/// Every machine of the tests, by the names of their checks.
fn machine(at: usize) -> Machine {
    let at = at % (2 * CASES.len());
    let case = CASES.get(at / 2).map(|(_, case)| case);
    match case {
        Some(case) if at % 2 == 0 => (case.bad)(),
        Some(case) => (case.near)(),
        None => good(),
    }
}

/// A machine with domains: one with free ports, one without, one with conventional buses, one that
/// has a part of the card. The card's ROM is in ACPI, and a network card is in its group.
fn domains() -> Machine {
    let port = |index: u32| {
        format!(
            "<controller type='pci' index='{index}' model='pcie-root-port'><address type='pci' \
             bus='0' slot='2' function='{index}'/></controller>"
        )
    };
    let device = |bus: u32, slot: u32| {
        format!("<disk><address type='pci' bus='{bus}' slot='{slot}'/></disk>")
    };
    let q35 = "<os firmware='efi'><type machine='pc-q35-10.0'/></os><controller type='pci' \
               index='0' model='pcie-root'/>";
    let ports = [1, 2, 3].map(port).concat();
    good()
        .file("/sys/class/vga_stub/0000:01:00.0/rom_source", "acpi-vfct\n")
        .function("0000:05:00.0", "00:01.0", "8086", "1521", "020000")
        .driver("0000:05:00.0", "igb")
        .group(14, &["0000:01:00.0", "0000:01:00.1", "0000:05:00.0"])
        .domain("win11", &format!("{q35}{ports}{}", device(1, 0)))
        .domain(
            "full",
            &format!(
                "{q35}{ports}{}",
                [1, 2, 3].map(|bus| device(bus, 0)).concat()
            ),
        )
        .domain(
            "old",
            &format!(
                "<os><type machine='pc-i440fx-10.0'/></os><controller type='pci' index='0' \
                 model='pci-root'/>{}",
                device(0, 16)
            ),
        )
        .domain(
            "part",
            &format!(
                "{q35}{ports}{}<hostdev type='pci' managed='yes'><source><address bus='1' \
                 function='1'/></source><address bus='3'/></hostdev>",
                device(1, 0)
            ),
        )
}

/// The machines that are written down in tests/trees; those of the lab are beside them.
fn stored() -> Vec<(&'static str, Machine)> {
    let usb = |machine: Machine| {
        let machine = machine.card("0000:01:00.2", "00:01.0", "10de", "1ad6", "0c0330");
        machine
            .driver("0000:01:00.2", "xhci_hcd")
            .group(15, &["0000:01:00.2"])
            .builtin(&["kernel/drivers/usb/host/xhci-pci.ko"])
    };
    let case = |id: &str| {
        CASES
            .iter()
            .find(|(check, _)| check.id == id)
            .map(|(_, case)| case.bad)
    };
    let bad = |id: &str| case(id).map_or_else(good, |bad| bad());
    vec![
        (
            "held",
            good().bytes("/sys/class/vga_stub/0000:01:00.0/rom", &rom(&[0, 3])),
        ),
        (
            "broken",
            usb(bad("leftovers"))
                .lost("0000:01:00.1", "snd_hda_intel")
                .query("open-files", "1987\twireplumber\t/dev/snd/pcmC1D3p\n"),
        ),
        (
            "nobody",
            good()
                .denied("kernel-log")
                .denied("open-files")
                .denied("arbiter"),
        ),
        ("bootfb", bad("bootfb")),
        ("domains", domains()),
        ("split-groups", bad("group-split")),
        ("d3cold", bad("d3cold")),
        ("rmrr", bad("rmrr")),
        ("iommu-off", bad("iommu-kernel")),
        (
            "fresh",
            good()
                .gone("/sys/module/vga_stub")
                .gone("/etc/modprobe.d")
                .gone("/sys/class/vga_stub")
                .driver("0000:01:00.0", "nouveau")
                .driver("0000:01:00.1", "snd_hda_intel"),
        ),
    ]
}

/// Where the whole tree is. The crate may be a copy that has nothing beside it.
fn checkout() -> std::path::PathBuf {
    let told = std::env::var_os("CHECKOUT").map(std::path::PathBuf::from);
    told.unwrap_or_else(|| std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

#[test]
fn the_kernels_log_names_checks_that_there_are() {
    let mut named = BTreeSet::new();
    for entry in std::fs::read_dir(checkout().join("rust/module")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = std::fs::read_to_string(path).unwrap();
        // The name stands in brackets at the end of the line: "... [dead]\n".
        for before in text.split("]\\n\"").map(|part| part.rsplit('[').next()) {
            let name = before.unwrap_or_default();
            let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
            if is_name && !name.is_empty() {
                named.insert(name.to_owned());
            }
        }
    }
    let explained: Vec<_> = ALL
        .iter()
        .filter(|check| check.log.contains(&format!("[{}]", check.id).as_str()))
        .map(|check| check.id.to_owned())
        .collect();
    assert_eq!(named, explained.into_iter().collect());
    assert!(named.len() >= 7, "{named:?}");
}

/// Compares a file with what it should hold, or writes it if RECORD is set.
fn compare(file: &str, wanted: &str) {
    let path = match file.strip_prefix("../../") {
        Some(name) => checkout().join(name),
        None => std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file),
    };
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == wanted,
        "{file} is another one; RECORD=1 cargo test writes it"
    );
}

#[test]
fn the_stored_machines_are_these() {
    for (name, machine) in stored() {
        let Ok(text) = crate::verbs::report::text(&machine.record, &[], true) else {
            panic!("{name}");
        };
        compare(&format!("tests/trees/{name}.report"), &text);
    }
}

#[test]
fn the_documentation_lists_these_checks() {
    let title = "What vga-stub doctor looks for";
    let mut text = String::from("..\n   SPDX-License-Identifier: GPL-2.0\n");
    text += "   Written by RECORD=1 cargo test in rust/cli.\n\n";
    let rule = "=".repeat(title.len());
    text += &format!("{rule}\n{title}\n{rule}\n\n``vga-stub explain NAME`` tells all about one: ");
    text += "what it is, why, and what it costs to ignore.\n\n";
    let line = format!("{}  {}\n", "=".repeat(20), "=".repeat(60));
    text += &line;
    text += "name                  what it looks for\n";
    text += &line;
    for check in ALL {
        text += &format!("{:<20}  {}\n", check.id, check.title);
    }
    text += &line;
    compare("../../Documentation/checks.rst", &text);
}

#[test]
fn the_manual_page_lists_these_checks() {
    let mut command = crate::command::description();
    let doctor = command.find_subcommand_mut("doctor").unwrap();
    let help = doctor.render_long_help().to_string();
    let listed: Vec<_> = help
        .lines()
        .skip_while(|line| !line.contains("What is looked for"))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| find(word).is_some())
        .collect();
    let ids: Vec<_> = ALL.iter().map(|check| check.id).collect();
    assert_eq!(listed, ids);
}

#[test]
fn lines_have_eighty_columns_but_for_commands() {
    let mut machines: Vec<_> = stored().into_iter().map(|(_, machine)| machine).collect();
    machines.extend(CASES.iter().map(|(_, case)| (case.bad)()));
    for machine in machines {
        let host = machine.host();
        let text = crate::verbs::doctor::text::text(&host, &run(&host), false, false);
        let text = anstream::adapter::strip_str(&text).to_string();
        for line in text
            .lines()
            .chain(crate::verbs::list::everything(&host).lines())
        {
            let command = line.starts_with("          ");
            assert!(command || line.chars().count() <= 80, "{line}");
        }
        for line in crate::verbs::xml::everything(&host).lines() {
            let command = line.starts_with("       ");
            assert!(command || line.chars().count() <= 80, "{line}");
        }
    }
}

#[test]
fn a_report_tells_nothing_of_persons() {
    let secret = "52:54:00:12:34:56";
    let plant = |text: &str| text.replace("SECRET", secret);
    let xml = "<uuid>SECRET</uuid><interface><mac address='SECRET'/></interface><disk>\
               <serial>SECRET</serial></disk><hostdev type='pci'><source><address bus='1'/>\
               </source><rom file='/home/SECRET/x.rom'/></hostdev>";
    let log = "usb 1-1: SerialNumber: SECRET\naudit: apparmor=\"DENIED\" \
               profile=\"libvirt-SECRET\" name=\"/home/SECRET/x.rom\" comm=\"qemu\"\n";
    let machine = good()
        .file(
            "/proc/cmdline",
            &plant("root=UUID=SECRET ip=10.0.0.1::SECRET quiet rd.luks.uuid=SECRET\n"),
        )
        .file(
            "/etc/default/grub",
            &plant("GRUB_CMDLINE_LINUX=\"root=UUID=SECRET resume=SECRET quiet\"\n"),
        )
        .file("/etc/hostname", secret)
        .domain("win", &plant(xml))
        .file(
            "/proc/net/route",
            &plant("enx525400123456 00000000 SECRET\n"),
        )
        .query("kernel-log", &plant(log))
        .file(
            "/var/lib/vga-stub/setup.json",
            &plant("{\"user\":\"SECRET\",\"groups\":{}}"),
        )
        .file("/etc/environment", &plant("TOKEN=SECRET\n"));
    let Ok(text) = crate::verbs::report::text(&machine.record, &[], true) else {
        panic!();
    };
    assert!(!text.contains(secret), "{text}");
    assert!(!text.contains("525400123456"), "{text}");
    assert!(text.contains("root=...") && text.contains("libvirt-..."));
}

/// How many machines a property tries.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Some entries of a machine.
fn some() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 1..40)
}

/// Some entries of a machine, and what stands there instead.
fn rubbish() -> impl Strategy<Value = Vec<(prop::sample::Index, Vec<u8>)>> {
    let bytes = prop::collection::vec(any::<u8>(), 0..80);
    prop::collection::vec((any::<prop::sample::Index>(), bytes), 1..20)
}

proptest! {
    #![proptest_config(config())]

    /// What cannot be read is no failure: no failure comes that was not there before.
    #[test]
    fn unreadable_is_no_failure(at in any::<usize>(), lost in some()) {
        let whole = machine(at);
        let mut less = whole.clone();
        let keys: Vec<_> = whole.record.entries.keys().cloned().collect();
        for index in lost {
            less.record.entries.insert(index.get(&keys).clone(), Datum::Unreadable("root".into()));
        }
        let new: Vec<_> = failures(&less).difference(&failures(&whole)).cloned().collect();
        prop_assert!(new.is_empty(), "{new:?}");
    }

    /// The same for entries that a report has lost: what is not in it is not known.
    #[test]
    fn what_a_report_has_lost_is_no_failure(at in any::<usize>(), lost in some()) {
        let mut whole = machine(at);
        // What is not there is written down in a report, too: all that was asked.
        let recorder = crate::facts::record::Recorder::new(&whole.record);
        crate::facts::Host::read(&recorder, &crate::facts::host::Options::default());
        whole.record = recorder.into_record();
        let mut less = whole.clone();
        let keys: Vec<_> = whole.record.entries.keys().cloned().collect();
        for index in lost {
            less.record.entries.remove(index.get(&keys));
        }
        let new: Vec<_> = failures(&less).difference(&failures(&whole)).cloned().collect();
        prop_assert!(new.is_empty(), "{new:?}");
    }

    /// Whatever stands in a file, nothing panics.
    #[test]
    fn rubbish_is_survived(at in any::<usize>(), spoilt in rubbish()) {
        let mut machine = machine(at);
        let keys: Vec<_> = machine.record.entries.keys().cloned().collect();
        for (index, bytes) in spoilt {
            machine.record.entries.insert(index.get(&keys).clone(), Datum::Known(bytes));
        }
        let host = machine.host();
        for finding in run(&host) {
            prop_assert!(!finding.id.is_empty());
        }
        let xml = crate::verbs::xml::everything(&host);
        prop_assert!(roxmltree::Document::parse(&xml).is_ok(), "{xml}");
    }
}
