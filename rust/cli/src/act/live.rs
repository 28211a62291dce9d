// SPDX-License-Identifier: GPL-2.0

//! Changes to the machine that we run on.
//!
//! A write with a time limit is done by a child of ours. A driver's removal can wait for ever for a
//! program that has the device open, in a sleep that no signal ends. If it were our own, whoever
//! waits for us would wait, too: also a process of which only one thread sleeps so does not end. The
//! child is not killed either; it could not be.

use std::{
    ffi::OsString,
    fs::OpenOptions,
    io::{
        self,
        Write, //
    },
    os::unix::process::CommandExt,
    process::{
        Command,
        Stdio, //
    },
    time::{
        Duration,
        Instant, //
    },
};

use super::{
    kmsg::Mark,
    Hands,
    Refused,
    Why, //
};
use crate::{
    change::site::search_path,
    facts::Source, //
};

/// The first argument of a child. It is no verb, and is shown nowhere.
const CHILD: &str = "write-for-parent";
/// How often to look whether the child has ended.
const TICK: Duration = Duration::from_millis(10);

/// This machine.
pub(crate) struct Live<'a> {
    /// Where it is looked at.
    source: &'a dyn Source,
}

impl<'a> Live<'a> {
    /// The machine that is looked at by `source`.
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self { source }
    }
}

impl Hands for Live<'_> {
    fn source(&self) -> &dyn Source {
        self.source
    }

    fn write(
        &mut self,
        file: &str,
        text: &str,
        patience: Option<Duration>,
    ) -> Result<Vec<String>, Refused> {
        let mark = Mark::now();
        let result = match patience {
            None => write(file, text).map_err(|error| why(&error)),
            Some(patience) => write_by_child(file, text, patience),
        };
        // The addresses in the path and in the text.
        let words = file.split('/').chain([text.trim()]);
        let words: Vec<_> = words
            .filter(|word| vga_stub_core::devices::Address::parse(word.as_bytes()).is_some())
            .collect();
        let kernel = mark.lines(&words);
        match result {
            Ok(()) => Ok(kernel),
            Err(why) => Err(Refused { why, kernel }),
        }
    }

    fn run(&mut self, words: &[String]) -> Result<Vec<String>, Refused> {
        let mark = Mark::now();
        let mut words = words.iter();
        let program = words.next().map(String::as_str).unwrap_or_default();
        let output = Command::new(program)
            .args(words)
            .env("LC_ALL", "C")
            .env("PATH", search_path(std::env::var_os("PATH")))
            .stdin(Stdio::null())
            .output();
        let kernel = mark.lines(&[]);
        match output {
            Err(error) => Err(Refused {
                why: Why::Said(format!("cannot run {program}: {error}")),
                kernel,
            }),
            Ok(output) if output.status.success() => Ok(kernel),
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.trim();
                let said = if said.is_empty() {
                    output.status.to_string()
                } else {
                    said.into()
                };
                Err(Refused {
                    why: Why::Said(said),
                    kernel,
                })
            }
        }
    }

    fn sleep(&mut self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// Returns the number of an error.
fn why(error: &io::Error) -> Why {
    match error.raw_os_error() {
        Some(number) => Why::Errno(number),
        None => Why::Said(error.to_string()),
    }
}

/// If these are the arguments of such a child, does what its parent wants, and returns the number of
/// the error.
pub(crate) fn child(arguments: impl Iterator<Item = OsString>) -> Option<u8> {
    let words: Option<Vec<_>> = arguments.map(|word| word.into_string().ok()).collect();
    match words?.as_slice() {
        [word, file, text] if word == CHILD => Some(match write(file, text) {
            Ok(()) => 0,
            Err(error) => {
                let number = error.raw_os_error();
                number
                    .and_then(|number| u8::try_from(number).ok())
                    .unwrap_or(u8::MAX)
            }
        }),
        _ => None,
    }
}

/// Writes a text to a file that is there, by one system call.
fn write(file: &str, text: &str) -> io::Result<()> {
    let size = OpenOptions::new()
        .write(true)
        .open(file)?
        .write(text.as_bytes())?;
    if size == text.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Does the same in a child, for as long as patience lasts.
fn write_by_child(file: &str, text: &str, patience: Duration) -> Result<(), Why> {
    let child = Command::new("/proc/self/exe")
        .args([CHILD, file, text])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // What the terminal sends is not for it.
        .process_group(0)
        .spawn();
    let mut child = child.map_err(|error| why(&error))?;
    let begun = Instant::now();
    loop {
        match child.try_wait() {
            Err(error) => return Err(why(&error)),
            Ok(Some(status)) => {
                return match status.code() {
                    Some(0) => Ok(()),
                    Some(number) => Err(Why::Errno(number)),
                    None => Err(Why::Said(status.to_string())),
                }
            }
            Ok(None) if begun.elapsed() >= patience => {
                return Err(Why::Stuck(patience.as_secs(), child.id()))
            }
            Ok(None) => std::thread::sleep(TICK),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("none");
        let error = write(file.to_str().unwrap(), "1").unwrap_err();
        assert_eq!(why(&error), Why::Errno(2));
        assert!(!file.exists());
        let words = [CHILD, file.to_str().unwrap(), "1"];
        assert_eq!(child(words.iter().map(OsString::from)), Some(2));
        assert_eq!(
            child(["hold", "01:00", "-n"].iter().map(OsString::from)),
            None
        );
    }
}
