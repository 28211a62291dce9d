// SPDX-License-Identifier: GPL-2.0

//! What the kernel logs while something is done.

use std::{
    fs::File,
    io::{
        Seek,
        SeekFrom, //
    },
};

use crate::facts::log::{
    open_log,
    read_log, //
};

/// A place in the kernel's log; nothing where it cannot be read.
pub(super) struct Mark(Option<File>);

impl Mark {
    /// The end of the log as it is now.
    pub(super) fn now() -> Self {
        let file = open_log().ok();
        Self(file.and_then(|mut file| file.seek(SeekFrom::End(0)).is_ok().then_some(file)))
    }

    /// Returns the lines since then that are the module's, or have one of some words.
    pub(super) fn lines(self, words: &[&str]) -> Vec<String> {
        let text = self.0.and_then(|file| read_log(file).ok());
        pick(&text.unwrap_or_default(), words)
    }
}

/// Returns the lines that are the module's, or have one of some words.
fn pick(text: &str, words: &[&str]) -> Vec<String> {
    let concerns = |line: &&str| {
        line.starts_with("vga_stub: ")
            || line.starts_with("vga-stub ")
            || words.iter().any(|word| line.contains(word))
    };
    // What is said of every move, also of one that is undone.
    let usual = |line: &&str| line.ends_with(": held") || line.contains("VGA decodes changed");
    let lines = text.lines().filter(concerns);
    lines
        .filter(|line| !usual(line))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::pick;

    #[test]
    fn lines_of_others_are_left_out() {
        let log = "usb 1-1: new device\nvga-stub 0000:03:00.0: is in use\n\
                   bochs-drm 0000:01:00.0: no memory\nvga_stub: nothing moved\n\
                   vga-stub 0000:03:00.1: held\n\
                   vga-stub 0000:03:00.0: vgaarb: VGA decodes changed: olddecodes=none\n";
        assert_eq!(
            pick(log, &["0000:01:00.0"]),
            [
                "vga-stub 0000:03:00.0: is in use",
                "bochs-drm 0000:01:00.0: no memory",
                "vga_stub: nothing moved"
            ]
        );
    }
}
