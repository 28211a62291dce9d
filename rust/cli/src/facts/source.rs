// SPDX-License-Identifier: GPL-2.0

//! Where the facts of a machine are read.

use super::Datum;

/// What is known of a file besides its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// Its type and its permissions, as in `st_mode`.
    pub(crate) mode: u32,
    /// Its owner.
    pub(crate) uid: u32,
    /// Its group.
    pub(crate) gid: u32,
    /// Its size, in bytes.
    pub(crate) size: u64,
    /// When its contents changed last, in seconds since 1970.
    pub(crate) mtime: i64,
}

/// What no file tells, or no file of a size that one would read whole.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Query {
    /// The kernel's log since the boot, what concerns cards: a message a line.
    Log,
    /// The kernel's log of the boot before.
    PreviousLog,
    /// Who has graphics, sound or vfio devices open: lines of PID, name, file, divided by tabs.
    OpenFiles,
    /// Who has such devices mapped into memory, in the same lines.
    Mapped,
    /// Processes that cannot be woken: lines of PID, name, function of the kernel, by tabs.
    Stuck,
    /// The QEMU processes: lines of PID, name of the guest, an argument that concerns cards.
    Guests,
    /// What `/dev/vga_arbiter` says to who has just opened it.
    Arbiter,
    /// What it says of a VGA card, by the card's address.
    ArbiterOf(String),
    /// Who asks: `uid N`, `groups N N`, `memlock BYTES` in lines.
    Caller,
    /// The names of the files in an initramfs image.
    Image(String),
    /// What modprobe's files in an initramfs image say of vga_stub: lines of file and options, by tabs.
    ImageOptions(String),
    /// How a ROM file differs from the ROM that the module has of a function: `same`, or `differs
    /// BYTES`. By function and file; neither's bytes go into a report.
    RomFile(String, String),
    /// `rustc --version`.
    Rustc,
    /// What `mokutil --test-key` says of DKMS's key.
    MokKey,
}

impl Query {
    /// Returns the name that the answer has in a report.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Log => "kernel-log".into(),
            Self::PreviousLog => "previous-kernel-log".into(),
            Self::OpenFiles => "open-files".into(),
            Self::Mapped => "mapped-files".into(),
            Self::Stuck => "stuck".into(),
            Self::Guests => "guests".into(),
            Self::Arbiter => "arbiter".into(),
            Self::ArbiterOf(card) => format!("arbiter {card}"),
            Self::Caller => "caller".into(),
            Self::Image(path) => format!("image {path}"),
            Self::ImageOptions(path) => format!("image-options {path}"),
            Self::RomFile(function, file) => format!("rom-file {function} {file}"),
            Self::Rustc => "rustc".into(),
            Self::MokKey => "mok-key".into(),
        }
    }
}

/// A machine to look at. Paths are absolute, as they are on that machine.
pub(crate) trait Source {
    /// Returns a file's contents.
    fn read(&self, path: &str) -> Datum<Vec<u8>>;

    /// Returns the first bytes of a file; the others are not touched.
    fn head(&self, path: &str, most: usize) -> Datum<Vec<u8>>;

    /// Returns the names in a directory, sorted.
    fn list(&self, path: &str) -> Datum<Vec<String>>;

    /// Returns what a symbolic link holds.
    fn link(&self, path: &str) -> Datum<String>;

    /// Returns what is known of a file besides its contents.
    fn stat(&self, path: &str) -> Datum<Stat>;

    /// Returns the answer to a query.
    fn query(&self, query: &Query) -> Datum<String>;

    /// Returns what of a text file is wanted. `filter` makes of it what is needed and may go into a
    /// report; applied twice, it makes the same as once.
    fn filtered(&self, path: &str, filter: &dyn Fn(&str) -> String) -> Datum<String> {
        self.text(path).map(|text| filter(&text))
    }

    /// Returns a text file's contents.
    fn text(&self, path: &str) -> Datum<String> {
        self.read(path)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the text of a file with one value, without the newline.
    fn value(&self, path: &str) -> Datum<String> {
        self.text(path).map(|text| text.trim().to_owned())
    }
}
