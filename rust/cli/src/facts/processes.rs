// SPDX-License-Identifier: GPL-2.0

//! The processes that have to do with cards.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::MetadataExt, //
};

use super::Datum;

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

/// How the line begins that says which processes were not looked at: how many, then whose.
pub(super) const UNSEEN: &str = "unseen\t";

/// Finds who has devices of cards, by a function that tells the files of a process.
fn users_by(files_of: impl Fn(u32) -> std::io::Result<Vec<String>>) -> Datum<String> {
    let mut out = String::new();
    let mut denied = 0;
    let mut owners = BTreeSet::new();
    for (pid, name) in processes() {
        let mut files = match files_of(pid) {
            Ok(files) => files,
            Err(error) => {
                if error.kind() == std::io::ErrorKind::PermissionDenied {
                    denied += 1;
                    let owner = fs::metadata(format!("/proc/{pid}"));
                    owners.extend(owner.ok().map(|owner| owner.uid()));
                }
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
    if denied == 0 {
        return Datum::Known(out);
    }
    if out.is_empty() {
        return Datum::Unreadable("root".into());
    }
    let owners: Vec<_> = owners.iter().map(u32::to_string).collect();
    out += &format!("{UNSEEN}{denied}\t{}\n", owners.join(" "));
    Datum::Known(out)
}

/// Finds who has devices of cards open.
pub(super) fn open_files() -> Datum<String> {
    users_by(|pid| {
        let entries = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
        let files = entries.filter_map(|entry| fs::read_link(entry.path()).ok());
        Ok(files
            .filter_map(|file| file.to_str().map(str::to_owned))
            .collect())
    })
}

/// Finds who has devices of cards mapped: such a mapping outlives the open file.
pub(super) fn mapped_files() -> Datum<String> {
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
pub(super) fn stuck() -> Datum<String> {
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
pub(super) fn guests() -> Datum<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_looked_at_is_told() {
        let own = std::process::id();
        let denied = |pid| match pid {
            pid if pid == own => Ok(vec!["/dev/dri/card0".into(), "/dev/null".into()]),
            1 => Err(std::io::ErrorKind::PermissionDenied.into()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let text = users_by(denied).known().cloned().unwrap();
        let (users, unseen) = text.split_once(UNSEEN).unwrap();
        assert!(users.starts_with(&format!("{own}\t")) && users.ends_with("\t/dev/dri/card0\n"));
        let owner = fs::metadata("/proc/1").unwrap().uid();
        assert_eq!(unseen, format!("1\t{owner}\n"));
        let nothing = users_by(|_| Err(std::io::ErrorKind::PermissionDenied.into()));
        assert_eq!(nothing.needs(), Some("root"));
    }

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
}
