// SPDX-License-Identifier: GPL-2.0

//! A machine whose files are there: the one that we run on, or a directory.

use std::{
    fs::OpenOptions,
    io::Read,
    os::unix::fs::{
        MetadataExt,
        OpenOptionsExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
};

use rustix::fs::OFlags;

use super::{
    answer,
    Datum,
    Query,
    Source,
    Stat, //
};

/// The most that is read of a file.
const LARGEST: usize = 32 << 20;

/// A machine whose files are below a directory.
pub(crate) struct Tree {
    /// The directory; `/` is the live machine.
    root: PathBuf,
    /// Whether it is the machine that we run on.
    live: bool,
}

impl Tree {
    /// The machine that we run on.
    pub(crate) fn live() -> Self {
        Self {
            root: "/".into(),
            live: true,
        }
    }

    /// A machine whose files are in a directory.
    pub(crate) fn directory(root: &Path) -> Self {
        Self {
            root: root.into(),
            live: false,
        }
    }

    /// Returns where a file is.
    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

impl Source for Tree {
    fn read(&self, path: &str) -> Datum<Vec<u8>> {
        self.head(path, LARGEST)
    }

    fn head(&self, path: &str, most: usize) -> Datum<Vec<u8>> {
        let read = || {
            let mut bytes = Vec::new();
            // A pipe that somebody has put there would let us wait for ever.
            let flags = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(flags)
                .open(self.path(path))?;
            file.take(most as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().into()
    }

    fn list(&self, path: &str) -> Datum<Vec<String>> {
        let list = || {
            let mut names = Vec::new();
            for entry in self.path(path).read_dir()? {
                names.push(entry?.file_name().to_string_lossy().into_owned());
            }
            names.sort();
            Ok(names)
        };
        list().into()
    }

    fn link(&self, path: &str) -> Datum<String> {
        let link = std::fs::read_link(self.path(path));
        link.map(|target| target.to_string_lossy().into_owned())
            .into()
    }

    fn stat(&self, path: &str) -> Datum<Stat> {
        let stat = std::fs::metadata(self.path(path));
        stat.map(|stat| Stat {
            mode: stat.mode(),
            uid: stat.uid(),
            gid: stat.gid(),
            size: stat.size(),
            mtime: stat.mtime(),
        })
        .into()
    }

    fn query(&self, query: &Query) -> Datum<String> {
        if self.live {
            answer::answer(query)
        } else {
            Datum::Unreadable("a live machine".into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_waits_for_a_pipe() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe.conf");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let tree = Tree::directory(directory.path());
        assert_eq!(tree.read("/pipe.conf"), Datum::Known(Vec::new()));
    }
}
