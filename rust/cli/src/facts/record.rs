// SPDX-License-Identifier: GPL-2.0

//! A machine in a text file: what `vga-stub report` writes and `--root` reads.
//!
//! The first line is `vga-stub report 1`. What is above the line `-- facts --` is for people. Below
//! it, each entry is a line, and what is in it follows in lines that start with `|`:
//!
//! ```text
//! f PATH            a file's contents; a line "\" follows if the last line has no newline
//! x PATH            the same in hexadecimal, where it is no text
//! d PATH            the names in a directory
//! l PATH -> TARGET  a symbolic link
//! s PATH MODE UID GID SIZE MTIME
//! q NAME            the answer to a query
//! a KIND PATH       it is not there
//! u KIND PATH: WHY  it could not be read
//! ```
//!
//! An empty line ends nothing and means nothing; `-- end --` ends the facts.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt::Write, //
};

use super::{
    answer,
    Datum,
    Query,
    Source,
    Stat, //
};

/// The first line.
pub(crate) const HEAD: &str = "vga-stub report 1";
/// What is above the facts.
pub(crate) const FACTS: &str = "-- facts --";
/// What is below the facts.
const END: &str = "-- end --";
/// What it takes to know what is not in a report.
const NOT_THERE: &str = "not in the report";

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A file's contents.
    File,
    /// The names in a directory.
    Directory,
    /// What a link holds.
    Link,
    /// What is known of a file besides.
    Stat,
    /// The answer to a query.
    Query,
}

impl Kind {
    /// Returns the letter.
    const fn letter(self) -> char {
        match self {
            Self::File => 'f',
            Self::Directory => 'd',
            Self::Link => 'l',
            Self::Stat => 's',
            Self::Query => 'q',
        }
    }

    /// Returns the kind of a letter.
    fn of(letter: &str) -> Option<Self> {
        Some(match letter {
            "f" | "x" => Self::File,
            "d" => Self::Directory,
            "l" => Self::Link,
            "s" => Self::Stat,
            "q" => Self::Query,
            _ => return None,
        })
    }
}

/// What was asked, and the path or the name of the query.
pub(crate) type Key = (Kind, String);

/// A machine as it was when somebody looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// What was asked, by kind and path, and the answer as bytes: the names of a directory in
    /// lines, the fields of a stat divided by blanks.
    pub(crate) entries: BTreeMap<Key, Datum<Vec<u8>>>,
    /// Whether what is not among the entries is not there; it is unreadable otherwise.
    pub(crate) whole: bool,
}

impl Record {
    /// Reads a report.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, String> {
        let text = String::from_utf8_lossy(text);
        let mut lines = (1..).zip(text.lines()).peekable();
        if lines.next().is_none_or(|(_, line)| line.trim_end() != HEAD) {
            return Err(format!("the first line is not \"{HEAD}\""));
        }
        if !lines.any(|(_, line)| line.trim_end() == FACTS) {
            return Err(format!("there is no line \"{FACTS}\""));
        }
        let mut record = Self::default();
        while let Some((number, line)) = lines.next() {
            let line = line.trim_end();
            if line == END {
                return Ok(record);
            }
            if line.is_empty() {
                continue;
            }
            let mut body = String::new();
            while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with('|')) {
                body += line.get(1..).unwrap_or_default();
                body.push('\n');
            }
            if lines.next_if(|(_, line)| line.trim_end() == "\\").is_some() {
                body.pop();
            }
            let (key, datum) = Self::entry(line, body)
                .ok_or_else(|| format!("line {number} is no entry of a report"))?;
            record.entries.insert(key, datum);
        }
        Err(format!("it is cut off: the last line is not \"{END}\""))
    }

    /// Reads an entry.
    fn entry(line: &str, body: String) -> Option<(Key, Datum<Vec<u8>>)> {
        let (letter, rest) = line.split_once(' ')?;
        match letter {
            "a" => {
                let (kind, path) = rest.split_once(' ')?;
                Some(((Kind::of(kind)?, path.into()), Datum::Absent))
            }
            "u" => {
                let (kind, rest) = rest.split_once(' ')?;
                let (path, why) = rest.rsplit_once(": ")?;
                let datum = Datum::Unreadable(why.into());
                Some(((Kind::of(kind)?, path.into()), datum))
            }
            "l" => {
                let (path, target) = rest.split_once(" -> ")?;
                Some(((Kind::Link, path.into()), Datum::Known(target.into())))
            }
            "s" => {
                let (path, fields) = rest.split_once(' ')?;
                Some(((Kind::Stat, path.into()), Datum::Known(fields.into())))
            }
            "x" => Some(((Kind::File, rest.into()), Datum::Known(unhex(&body)?))),
            _ => {
                let kind = Kind::of(letter)?;
                Some(((kind, rest.into()), Datum::Known(body.into_bytes())))
            }
        }
    }

    /// Appends the facts to a report.
    pub(crate) fn write(&self, out: &mut String) {
        *out += FACTS;
        out.push('\n');
        for ((kind, path), datum) in &self.entries {
            let letter = kind.letter();
            // Writing to a String does not fail.
            let _ = match datum {
                Datum::Absent => writeln!(out, "a {letter} {path}"),
                Datum::Unreadable(why) => writeln!(out, "u {letter} {path}: {why}"),
                Datum::Known(bytes) => write_known(out, *kind, path, bytes),
            };
        }
        *out += END;
        out.push('\n');
    }

    /// Returns the answer to what was asked.
    fn get(&self, kind: Kind, path: &str) -> Datum<Vec<u8>> {
        match self.entries.get(&(kind, path.to_owned())) {
            Some(datum) => datum.clone(),
            None if self.whole => Datum::Absent,
            None => Datum::Unreadable(NOT_THERE.into()),
        }
    }
}

/// Writes what is known.
fn write_known(out: &mut String, kind: Kind, path: &str, bytes: &[u8]) -> std::fmt::Result {
    let text = std::str::from_utf8(bytes).ok().filter(|text| {
        !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t') && !text.contains("\r\n")
    });
    let letter = kind.letter();
    match (kind, text) {
        (Kind::Link, Some(text)) => writeln!(out, "l {path} -> {text}"),
        (Kind::Stat, Some(text)) => writeln!(out, "s {path} {text}"),
        (_, Some(text)) => {
            writeln!(out, "{letter} {path}")?;
            for line in text.lines() {
                writeln!(out, "|{line}")?;
            }
            if !text.is_empty() && !text.ends_with('\n') {
                writeln!(out, "\\")?;
            }
            Ok(())
        }
        (_, None) => {
            writeln!(out, "x {path}")?;
            for chunk in bytes.chunks(32) {
                out.push('|');
                for byte in chunk {
                    write!(out, "{byte:02x}")?;
                }
                out.push('\n');
            }
            Ok(())
        }
    }
}

/// Reads lines of hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    pairs.collect()
}

impl Source for Record {
    fn read(&self, path: &str) -> Datum<Vec<u8>> {
        self.get(Kind::File, path)
    }

    fn head(&self, path: &str, most: usize) -> Datum<Vec<u8>> {
        self.read(path).map(|mut bytes| {
            bytes.truncate(most);
            bytes
        })
    }

    fn list(&self, path: &str) -> Datum<Vec<String>> {
        let names = self.get(Kind::Directory, path);
        names.map(|names| {
            let names = String::from_utf8_lossy(&names).into_owned();
            names.lines().map(str::to_owned).collect()
        })
    }

    fn link(&self, path: &str) -> Datum<String> {
        let target = self.get(Kind::Link, path);
        target.map(|target| String::from_utf8_lossy(&target).into_owned())
    }

    fn stat(&self, path: &str) -> Datum<Stat> {
        self.get(Kind::Stat, path).and_then(|fields| {
            let fields = String::from_utf8_lossy(&fields).into_owned();
            match read_stat(&fields) {
                Some(stat) => Datum::Known(stat),
                None => Datum::Unreadable("a whole report".into()),
            }
        })
    }

    fn query(&self, query: &Query) -> Datum<String> {
        match self.get(Kind::Query, &query.name()) {
            Datum::Known(text) => Datum::Known(String::from_utf8_lossy(&text).into_owned()),
            Datum::Absent if self.whole => Datum::Unreadable("a live machine".into()),
            Datum::Absent => Datum::Absent,
            Datum::Unreadable(why) => Datum::Unreadable(why),
        }
    }
}

/// Reads the fields of a stat.
fn read_stat(fields: &str) -> Option<Stat> {
    let mut fields = fields.split(' ');
    Some(Stat {
        mode: u32::from_str_radix(fields.next()?, 8).ok()?,
        uid: fields.next()?.parse().ok()?,
        gid: fields.next()?.parse().ok()?,
        size: fields.next()?.parse().ok()?,
        mtime: fields.next()?.parse().ok()?,
    })
}

/// A source that remembers what was asked of another, and the answers.
pub(crate) struct Recorder<'a> {
    /// The other.
    source: &'a dyn Source,
    /// What was asked.
    record: RefCell<Record>,
}

impl<'a> Recorder<'a> {
    /// Starts to remember.
    pub(crate) fn new(source: &'a dyn Source) -> Self {
        Self {
            source,
            record: RefCell::default(),
        }
    }

    /// Returns what was asked.
    pub(crate) fn into_record(self) -> Record {
        self.record.into_inner()
    }

    /// Remembers an answer, and returns it.
    fn keep<T>(
        &self,
        kind: Kind,
        path: &str,
        datum: Datum<T>,
        bytes: impl FnOnce(&T) -> Vec<u8>,
    ) -> Datum<T> {
        // A line break in a path would be read as the start of another entry.
        if !path.contains(char::is_control) {
            let kept = datum.as_ref().map(bytes);
            let mut record = self.record.borrow_mut();
            record.entries.insert((kind, path.to_owned()), kept);
        }
        datum
    }
}

impl Source for Recorder<'_> {
    fn read(&self, path: &str) -> Datum<Vec<u8>> {
        self.keep(Kind::File, path, self.source.read(path), Clone::clone)
    }

    fn head(&self, path: &str, most: usize) -> Datum<Vec<u8>> {
        self.keep(Kind::File, path, self.source.head(path, most), Clone::clone)
    }

    fn filtered(&self, path: &str, filter: &dyn Fn(&str) -> String) -> Datum<String> {
        let text = self.source.filtered(path, filter);
        self.keep(Kind::File, path, text, |text| text.clone().into_bytes())
    }

    fn list(&self, path: &str) -> Datum<Vec<String>> {
        self.keep(Kind::Directory, path, self.source.list(path), |names| {
            let lines = names.iter().filter(|name| !name.contains(char::is_control));
            lines
                .flat_map(|name| [name, "\n"])
                .collect::<String>()
                .into_bytes()
        })
    }

    fn link(&self, path: &str) -> Datum<String> {
        let target = self.source.link(path);
        self.keep(Kind::Link, path, target, |target| {
            target.clone().into_bytes()
        })
    }

    fn stat(&self, path: &str) -> Datum<Stat> {
        self.keep(Kind::Stat, path, self.source.stat(path), |stat| {
            let Stat {
                mode,
                uid,
                gid,
                size,
                mtime,
            } = stat;
            format!("{mode:o} {uid} {gid} {size} {mtime}").into_bytes()
        })
    }

    fn query(&self, query: &Query) -> Datum<String> {
        let answer = self.source.query(query);
        let answer = answer.map(|text| answer::clean(query, &text));
        self.keep(Kind::Query, &query.name(), answer, |text| {
            text.clone().into_bytes()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record with an entry of each kind.
    fn record() -> Record {
        let mut record = Record::default();
        let mut add = |kind, path: &str, datum| record.entries.insert((kind, path.into()), datum);
        add(
            Kind::File,
            "/a",
            Datum::Known(b"one\n|two\n\nthree\n".to_vec()),
        );
        add(Kind::File, "/b", Datum::Known(b"no newline".to_vec()));
        add(Kind::File, "/c", Datum::Known(vec![0xff, 0, 10, 13]));
        add(Kind::File, "/empty", Datum::Known(vec![]));
        add(Kind::File, "/none", Datum::Absent);
        add(Kind::File, "/secret: x", Datum::Unreadable("root".into()));
        add(Kind::Directory, "/d", Datum::Known(b"x y\nz\n".to_vec()));
        add(Kind::Link, "/l", Datum::Known(b"../x".to_vec()));
        add(Kind::Stat, "/s", Datum::Known(b"100644 0 0 3 17".to_vec()));
        add(Kind::Query, "kernel-log", Datum::Known(b"text\n".to_vec()));
        record
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut text = format!("{HEAD}\nfor people\n");
        record().write(&mut text);
        assert_eq!(Record::parse(text.as_bytes()), Ok(record()));
    }

    #[test]
    fn a_recorder_answers_as_its_source() {
        let source = record();
        let recorder = Recorder::new(&source);
        assert_eq!(
            recorder.list("/d"),
            Datum::Known(vec!["x y".into(), "z".into()])
        );
        assert_eq!(
            recorder.read("/missing"),
            Datum::Unreadable(NOT_THERE.into())
        );
        assert_eq!(recorder.stat("/s").map(|stat| stat.mtime), Datum::Known(17));
        assert_eq!(recorder.into_record().entries.len(), 3);
    }

    #[test]
    fn what_is_no_report_says_why() {
        let wrong = |text: &str| Record::parse(text.as_bytes()).unwrap_err();
        assert_eq!(wrong(""), "the first line is not \"vga-stub report 1\"");
        assert_eq!(
            wrong("vga-stub report 1\n"),
            "there is no line \"-- facts --\""
        );
        let facts = "vga-stub report 1\n-- facts --\n";
        assert_eq!(
            wrong(facts),
            "it is cut off: the last line is not \"-- end --\""
        );
        assert_eq!(
            wrong(&format!("{facts}z /a\n")),
            "line 3 is no entry of a report"
        );
        assert_eq!(
            wrong(&format!("{facts}x /a\n|0g\n")),
            "line 3 is no entry of a report"
        );
    }
}
