// SPDX-License-Identifier: GPL-2.0

//! Where changes are made: files that are replaced as a whole or not at all, and programs.

use std::{
    ffi::OsString,
    fs::{
        self,
        File,
        OpenOptions,
        Permissions, //
    },
    io::{
        self,
        Read,
        Write, //
    },
    os::unix::fs::{
        OpenOptionsExt,
        PermissionsExt, //
    },
    path::PathBuf,
    process::{
        Command,
        Stdio, //
    },
    time::{
        Duration,
        Instant, //
    },
};

use rustix::{
    fs::{
        FlockOperation,
        OFlags, //
    },
    io::Errno, //
};

use crate::text::escape::printable;

/// What is locked; it is gone at the next boot.
pub(crate) const LOCK: &str = "/run/vga-stub.lock";
/// What the name of a file has that is being written.
const NEW: &str = ".new";
/// The most that a file of ours has.
const LARGEST: u64 = 256 << 10;
/// How long to wait for somebody else who is at work.
const PATIENCE: Duration = Duration::from_secs(1);
/// How many of a program's last lines are told.
const TOLD: usize = 5;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It is refused: something is in the way.
    Refused(String),
    /// It was not done, or not all of it: what is so now is told.
    Undone(String),
    /// It could not be looked at, or not be written.
    Failed(String),
    /// The test ends the command here.
    #[cfg(test)]
    Killed,
}

/// A machine, or a directory that stands for one in tests.
#[derive(Debug)]
pub(crate) struct Site {
    /// What paths are below.
    root: PathBuf,
    /// Where programs are; the caller's own if there is none.
    path: Option<OsString>,
    /// After how many steps the command is to be killed.
    #[cfg(test)]
    left: std::cell::Cell<Option<u32>>,
}

/// A lock that nobody else has while this is there.
#[derive(Debug)]
pub(crate) struct Lock {
    /// What is locked: it ends when all who have this open have closed it.
    file: File,
}

impl Site {
    /// The machine that we run on.
    pub(crate) fn live() -> Self {
        Self {
            root: "/".into(),
            path: Some(search_path(std::env::var_os("PATH"))),
            #[cfg(test)]
            left: None.into(),
        }
    }

    /// A directory, with programs of its own.
    #[cfg(test)]
    pub(crate) fn below(root: &std::path::Path, path: OsString) -> Self {
        Self {
            root: root.into(),
            path: Some(path),
            left: None.into(),
        }
    }

    /// Lets so many steps happen, and no more.
    #[cfg(test)]
    pub(crate) fn kill_after(&self, steps: Option<u32>) {
        self.left.set(steps);
    }

    /// Something is about to be changed: the tests end the command here.
    fn step(&self) -> Result<(), Trouble> {
        #[cfg(test)]
        if let Some(left) = self.left.get() {
            let rest = left.checked_sub(1).ok_or(Trouble::Killed)?;
            self.left.set(Some(rest));
        }
        Ok(())
    }

    /// Returns where a file is.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Reads a file of ours; nothing if there is none. What is no plain file is not followed, not
    /// opened for long, and not read.
    pub(crate) fn read(&self, path: &str) -> Result<Option<String>, Trouble> {
        let strange = |what: &str| {
            Trouble::Refused(format!(
                "{path} is {what}, and no file of vga-stub setup; nothing was changed. \
                 Move it away: mv {path} {path}.old"
            ))
        };
        let real = self.at(path);
        let kind = match fs::symlink_metadata(&real) {
            Ok(kind) => kind,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(cannot("read", path, &error)),
        };
        if kind.file_type().is_symlink() {
            let target = fs::read_link(&real).unwrap_or_default();
            let target = printable(&target.to_string_lossy()).into_owned();
            return Err(strange(&format!("a symbolic link to {target}")));
        }
        if kind.is_dir() {
            return Err(strange("a directory"));
        }
        if !kind.is_file() {
            return Err(strange("a device or a pipe"));
        }
        // Should it have become a link or a pipe since, this fails, and does not wait.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
            .open(&real);
        let mut bytes = Vec::new();
        file.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| cannot("read", path, &error))?;
        if bytes.len() as u64 > LARGEST {
            return Err(strange(&format!("larger than {LARGEST} bytes")));
        }
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(_) => Err(strange("no text")),
        }
    }

    /// Takes the lock. Who may open its file may keep it for ever, so that nobody else may.
    pub(crate) fn lock(&self) -> Result<Lock, Trouble> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(i32::try_from(flags.bits()).unwrap_or_default())
            .open(self.at(LOCK))
            .map_err(|error| cannot("open", LOCK, &error))?;
        let end = Instant::now() + PATIENCE;
        loop {
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Lock { file }),
                Err(Errno::WOULDBLOCK) if Instant::now() < end => {
                    std::thread::sleep(PATIENCE / 20);
                }
                Err(Errno::WOULDBLOCK) => {
                    return Err(Trouble::Refused(
                        "another vga-stub setup or undo is at work, or what it has run; \
                         nothing was changed. Wait until it has ended"
                            .into(),
                    ))
                }
                Err(error) => return Err(cannot("lock", LOCK, &error.into())),
            }
        }
    }

    /// Returns which directories of a path are not there, from the top down.
    pub(crate) fn missing(&self, path: &str) -> Vec<String> {
        let mut missing = Vec::new();
        let mut at = path;
        while !at.is_empty() && !self.at(at).is_dir() {
            missing.push(at.to_owned());
            at = at.rsplit_once('/').map_or("", |(above, _)| above);
        }
        missing.reverse();
        missing
    }

    /// Makes a directory and those above it.
    pub(crate) fn make_directory(&self, path: &str) -> Result<(), Trouble> {
        for path in self.missing(path) {
            self.step()?;
            let real = self.at(&path);
            fs::create_dir(&real)
                .and_then(|()| fs::set_permissions(&real, Permissions::from_mode(0o755)))
                .map_err(|error| cannot("make", &path, &error))?;
        }
        Ok(())
    }

    /// Removes a directory if nothing is in it.
    pub(crate) fn remove_directory(&self, path: &str) -> Result<(), Trouble> {
        self.step()?;
        match fs::remove_dir(self.at(path)) {
            Err(error)
                if !matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) =>
            {
                Err(cannot("remove", path, &error))
            }
            _ => Ok(()),
        }
    }

    /// Replaces a file: whoever reads it finds the old one or the new one, whole.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), Trouble> {
        let new = format!("{path}{NEW}");
        let write = || -> Result<(), io::Error> {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o644)
                .open(self.at(&new))?;
            // Whatever the caller's umask is.
            file.set_permissions(Permissions::from_mode(0o644))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        };
        self.clear(path)?;
        self.step()?;
        write().map_err(|error| {
            let _ = fs::remove_file(self.at(&new));
            cannot("write", &new, &error)
        })?;
        self.step()?;
        fs::rename(self.at(&new), self.at(path)).map_err(|error| cannot("write", path, &error))?;
        self.settle(path);
        Ok(())
    }

    /// Removes what a write that was killed has left beside a file.
    pub(crate) fn clear(&self, path: &str) -> Result<(), Trouble> {
        let new = format!("{path}{NEW}");
        match fs::remove_file(self.at(&new)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(cannot("remove", &new, &error))
            }
            _ => Ok(()),
        }
    }

    /// Removes a file, if it is there.
    pub(crate) fn remove(&self, path: &str) -> Result<(), Trouble> {
        self.step()?;
        match fs::remove_file(self.at(path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(cannot("remove", path, &error))
            }
            _ => {
                self.settle(path);
                Ok(())
            }
        }
    }

    /// Has the file system write down what happened in a file's directory. A file system that
    /// cannot has done what it can.
    fn settle(&self, path: &str) {
        let directory = path.rsplit_once('/').map_or("", |(above, _)| above);
        if let Ok(directory) = File::open(self.at(directory)) {
            let _ = directory.sync_all();
        }
    }

    /// Returns what tells whether a file was made anew: its number and when it was changed.
    pub(crate) fn stamp(&self, path: &str) -> Option<(u64, i64, i64)> {
        use std::os::unix::fs::MetadataExt;
        let stat = fs::metadata(self.at(path)).ok()?;
        Some((stat.ino(), stat.mtime(), stat.mtime_nsec()))
    }

    /// Runs a program and returns what it printed; an error has its last lines. The program has the
    /// lock as its standard input, from which nothing can be read: if we are killed and it is not,
    /// nobody else begins before it has ended.
    pub(crate) fn run(&self, words: &[String], lock: Option<&Lock>) -> Result<String, Trouble> {
        self.step()?;
        let shown = words.join(" ");
        let (program, arguments) = match words.split_first() {
            Some(words) => words,
            None => return Ok(String::new()),
        };
        let mut command = Command::new(program);
        let input = match lock {
            Some(lock) => lock.file.try_clone().map(Stdio::from),
            None => Ok(Stdio::null()),
        };
        let input =
            input.map_err(|error| Trouble::Failed(format!("cannot run {shown}: {error}")))?;
        command.args(arguments).env("LC_ALL", "C").stdin(input);
        if let Some(path) = &self.path {
            command.env("PATH", path);
        }
        let output = command
            .output()
            .map_err(|error| Trouble::Failed(format!("cannot run {shown}: {error}")))?;
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(told);
        }
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let lines: Vec<_> = told
            .lines()
            .chain(errors.lines())
            .filter(|line| !line.trim().is_empty())
            .collect();
        let last = lines.get(lines.len().saturating_sub(TOLD)..);
        let mut text = format!("{shown} failed ({})", output.status);
        for line in last.unwrap_or_default() {
            text += &format!("\n  {}", printable(line));
        }
        Err(Trouble::Failed(text))
    }
}

/// Returns where programs are looked for, by the caller's PATH. Who became root by su may have no sbin
/// in it. An empty part would mean the directory that we are in.
pub(crate) fn search_path(path: Option<OsString>) -> OsString {
    let path = path.unwrap_or_default();
    let given = std::env::split_paths(&path).filter(|part| part.is_absolute());
    let mut parts: Vec<_> = given.collect();
    if parts.is_empty() {
        parts = vec!["/usr/bin".into(), "/bin".into()];
    }
    parts.extend(["/usr/sbin".into(), "/sbin".into()]);
    // What was divided at colons has none.
    std::env::join_paths(parts).unwrap_or_default()
}

/// Returns what to say of an error of the system.
fn cannot(what: &str, path: &str, error: &io::Error) -> Trouble {
    Trouble::Failed(format!("cannot {what} {path}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_never_looked_for_where_we_are() {
        let path = |text: Option<&str>| search_path(text.map(OsString::from));
        assert_eq!(path(Some("/usr/bin")), "/usr/bin:/usr/sbin:/sbin");
        for none in [None, Some(""), Some(":"), Some(".:bin")] {
            assert_eq!(path(none), "/usr/bin:/bin:/usr/sbin:/sbin");
        }
        assert_eq!(path(Some("/opt/bin::.")), "/opt/bin:/usr/sbin:/sbin");
    }
}
