// SPDX-License-Identifier: GPL-2.0

//! The options were changed after the initramfs image was made.

use std::collections::BTreeSet;

use super::prelude::*;
use crate::facts::{
    bits::same_module,
    kernels::{
        Image,
        Kernel, //
    },
};

pub(super) const CHECK: Check = Check {
    id: "initramfs-options",
    aliases: &[],
    title: "the options in the initramfs",
    about: "The initramfs image has a copy of /etc/modprobe.d. The module is loaded \
             from the image, with the options that it had when the image was made. A \
             later change does nothing until the image is made anew. The doctor looks \
             into the image; where it cannot, it goes by when both were made.",
    sources: &[
        "modprobe.d(5)",
        "Documentation/admin-guide.rst, First at boot",
    ],
    log: &[],
    run,
};

/// What follows.
const DETAIL: &str = "At the next boot the module gets the options that are in the image.";

/// Compares the options in an image with those in modprobe.d.
fn compare(
    host: &Host,
    kernel: &Kernel,
    image: &Image,
    inside: &[(String, String)],
) -> Option<Finding> {
    let lines = host.config.modprobe.iter();
    let outside: Vec<_> = lines
        .filter_map(|line| {
            let (module, rest) = line.about("options")?;
            let words: Vec<_> = rest.split_whitespace().collect();
            same_module(module, "vga_stub").then(|| (line.place(), words.join(" ")))
        })
        .collect();
    let texts = |lines: &[(String, String)]| -> BTreeSet<String> {
        lines.iter().map(|(_, text)| text.clone()).collect()
    };
    if texts(inside) == texts(&outside) {
        return None;
    }
    let mut finding = warn(
        Subject::Boot,
        format!("the options of vga_stub in {} are others", image.path),
    )
    .detail(DETAIL)
    .command(
        super::initramfs_module::make(&image.path, &kernel.release),
        "Make it anew",
    )
    .reboot();
    for (file, text) in inside {
        finding = finding.seen(format!("{}: {file}", image.path), text.clone());
    }
    if inside.is_empty() {
        finding = finding.seen(image.path.clone(), "no options of vga_stub");
    }
    for (place, text) in outside {
        finding = finding.seen(place, text);
    }
    Some(finding)
}

fn run(host: &Host) -> Vec<Finding> {
    let mut found = vec![];
    for kernel in host.kernels.all.known().into_iter().flatten() {
        let (Datum::Known(_), Datum::Known(image)) = (&kernel.module, &kernel.image) else {
            continue;
        };
        if image
            .files
            .known()
            .is_some_and(|files| !files.contains("vga_stub.ko"))
        {
            continue;
        }
        // What the image holds says more than when it was made.
        if let (Datum::Known(options), true) = (&image.options, host.config.unread.is_empty()) {
            found.extend(compare(host, kernel, image, options));
            continue;
        }
        for (file, stat) in &host.config.times {
            let newer = stat.mtime > image.stat.mtime;
            if newer {
                found.push(
                    warn(
                        Subject::Boot,
                        format!("{file} was changed after {} was made", image.path),
                    )
                    .detail(DETAIL)
                    .command(
                        super::initramfs_module::make(&image.path, &kernel.release),
                        "Make it anew",
                    )
                    .reboot()
                    .seen(file.clone(), format!("changed at {}", stat.mtime))
                    .seen(image.path.clone(), format!("made at {}", image.stat.mtime)),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || good().stat("/etc/modprobe.d/cards.conf", "100644 0 0 10 3000"),
    level: Level::Warn,
    says: "/etc/modprobe.d/cards.conf was changed after \
             /boot/initrd.img-7.2.12+deb13-amd64 was made",
    near: || {
        good()
            .stat("/etc/modprobe.d/cards.conf", "100644 0 0 10 1000")
            .file("/etc/modprobe.d/other.conf", "options snd x=1\n")
            .stat("/etc/modprobe.d/other.conf", "100644 0 0 10 3000")
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found where the image has that, and the options file is newer.
    fn found(options: &str) -> Vec<String> {
        let machine =
            (CASE.bad)().query("image-options /boot/initrd.img-7.2.12+deb13-amd64", options);
        let findings = run(&machine.host()).into_iter();
        findings.map(|finding| finding.summary).collect()
    }

    #[test]
    fn what_is_in_the_image_counts() {
        let same = "etc/modprobe.d/cards.conf\tdevices=00:01.0/00.*\n";
        assert_eq!(found(same), [""; 0]);
        assert_eq!(found(&same.repeat(2)), [""; 0]);
        let others = "the options of vga_stub in /boot/initrd.img-7.2.12+deb13-amd64 are others";
        assert_eq!(found(&same.replace("00:01", "00:02")), [others]);
        assert_eq!(found(""), [others]);
    }
}
