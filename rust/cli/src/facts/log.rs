// SPDX-License-Identifier: GPL-2.0

//! The lines of the kernel's log that concern cards.

use std::{
    fs::{
        File,
        OpenOptions, //
    },
    io::Read,
    os::unix::fs::OpenOptionsExt, //
};

use super::{
    bits::pick_lines,
    Datum, //
};

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

/// Returns the lines of the kernel's log that concern cards.
pub(super) fn log_lines(text: &str) -> String {
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
pub(super) fn kmsg() -> Datum<String> {
    Datum::from(open_log().and_then(read_log)).map(|text| log_lines(&text))
}
