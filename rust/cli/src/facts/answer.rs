// SPDX-License-Identifier: GPL-2.0

//! What only the live machine tells: the answers to a [`Query`].

use std::{
    fs::{
        File,
        OpenOptions, //
    },
    io::{
        ErrorKind,
        Read,
        Write, //
    },
    path::Path,
    process::{
        Command,
        Stdio, //
    }, //
};

use super::{
    bits::{
        pick_lines,
        same_module, //
    },
    image,
    log::{
        kmsg,
        log_lines, //
    },
    processes,
    Datum,
    Query, //
};

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
        Query::OpenFiles => processes::open_files(),
        Query::Mapped => processes::mapped_files(),
        Query::Stuck => processes::stuck(),
        Query::Guests => processes::guests(),
        Query::Arbiter => arbiter(),
        Query::ArbiterOf(card) => arbiter_of(card).into(),
        Query::Caller => caller(),
        Query::Image(path) => image_names(path),
        Query::ImageOptions(path) => image_options(path),
        Query::RomFile(function, file) => compare_rom(
            Path::new(&format!("/sys/class/vga_stub/{function}/rom")),
            Path::new(file),
        ),
        Query::Rustc => run("rustc", &["--version"]),
        Query::MokKey => run("mokutil", &["--test-key", "/var/lib/dkms/mok.pub"]),
    }
}

/// Compares a ROM with a file: see [`Query::RomFile`].
fn compare_rom(rom: &Path, file: &Path) -> Datum<String> {
    /// The most that is read of either: as much as the largest ROM BAR has.
    const LARGEST: u64 = 16 << 20;
    let read = |path: &Path| {
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
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
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
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
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
    file.write_all(format!("target PCI:{card}").as_bytes())?;
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
    fn roms_are_compared() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        for (name, bytes) in [("rom", "abcd"), ("same", "abcd"), ("other", "abXdef")] {
            std::fs::write(path(name), bytes).unwrap();
        }
        let compare = |name: &str| compare_rom(&path("rom"), &path(name));
        assert_eq!(compare("same"), Datum::Known("same".into()));
        assert_eq!(compare("other"), Datum::Known("differs 3".into()));
        assert_eq!(compare("none"), Datum::Absent);
        assert!(compare(".").needs().is_some());
    }
}
