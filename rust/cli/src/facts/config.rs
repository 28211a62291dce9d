// SPDX-License-Identifier: GPL-2.0

//! Configuration: of modprobe, of what makes the initramfs, of other tools, and the kernel's
//! command line.

use super::{
    bits::{
        keep_lines,
        same_module, //
    },
    selection::Text,
    Datum,
    Source,
    Stat, //
};

/// Directories of modprobe's configuration. A file in one hides those of the same name in later
/// ones (modprobe.d(5)).
const MODPROBE: [&str; 4] = [
    "/etc/modprobe.d",
    "/run/modprobe.d",
    "/usr/local/lib/modprobe.d",
    "/lib/modprobe.d",
];

/// A line of a configuration file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The file.
    pub(crate) file: String,
    /// Its number: the first is 1.
    pub(crate) number: usize,
    /// Its text, without blanks around it, without comment.
    pub(crate) text: String,
}

impl Line {
    /// Returns where it is, as `FILE:LINE`.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.number)
    }

    /// Returns its words.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_whitespace()
    }

    /// Returns the module that it is about and what follows, if it starts with that keyword.
    pub(crate) fn about(&self, keyword: &str) -> Option<(&str, &str)> {
        let rest = self.text.strip_prefix(keyword)?;
        if !rest.starts_with(char::is_whitespace) {
            return None;
        }
        let rest = rest.trim_start();
        Some(rest.split_once(char::is_whitespace).unwrap_or((rest, "")))
    }
}

/// The configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Config {
    /// The words of the kernel's command line.
    pub(crate) cmdline: Datum<Vec<String>>,
    /// Lines of modprobe.d that say something.
    pub(crate) modprobe: Vec<Line>,
    /// Lines that name modules to load at boot or to put into the initramfs.
    pub(crate) modules: Vec<Line>,
    /// Lines of mkinitcpio.conf.
    pub(crate) mkinitcpio: Vec<Line>,
    /// Lines of dracut's configuration.
    pub(crate) dracut: Vec<Line>,
    /// Lines of the boot loader's configuration that hold the command line.
    pub(crate) loader: Vec<Line>,
    /// Lines of `/etc/environment` that choose cards.
    pub(crate) environment: Vec<Line>,
    /// Lines of Xen's guests that concern cards.
    pub(crate) xen: Vec<Line>,
    /// Lines of other tools' files that concern cards.
    pub(crate) others: Vec<Line>,
    /// Files and directories of modprobe's that could not be read.
    pub(crate) unread: Vec<String>,
    /// The files of modprobe.d that give vga_stub its options, and when they were changed.
    pub(crate) times: Vec<(String, Stat)>,
}

impl Config {
    /// Reads it.
    pub(super) fn read(source: &dyn Source) -> Self {
        let mut config = Self {
            cmdline: cmdline(source),
            ..Self::default()
        };
        let mut seen = Vec::new();
        for directory in MODPROBE {
            let names = match source.list(directory) {
                Datum::Known(names) => names,
                Datum::Absent => continue,
                Datum::Unreadable(_) => {
                    config.unread.push(directory.into());
                    continue;
                }
            };
            for name in names {
                if !name.ends_with(".conf") || seen.contains(&name) {
                    continue;
                }
                let path = format!("{directory}/{name}");
                match lines(source, &path, is_modprobe) {
                    Some(lines) => config.modprobe.extend(lines),
                    None => config.unread.push(path),
                }
                seen.push(name);
            }
        }
        let mut files: Vec<_> = config
            .modprobe
            .iter()
            .filter(|line| {
                let about = line.about("options");
                about.is_some_and(|(module, _)| same_module(module, "vga_stub"))
            })
            .map(|line| line.file.clone())
            .collect();
        files.dedup();
        let times = files.into_iter().map(|file| (source.stat(&file), file));
        config.times = times
            .filter_map(|(stat, file)| Some((file, *stat.known()?)))
            .collect();
        let get =
            |path: &str, wanted: fn(&str) -> bool| lines(source, path, wanted).unwrap_or_default();
        let each = |directory: &str, end: &str, wanted: fn(&str) -> bool| {
            let names = source.list(directory);
            let names = names.known().map(Vec::as_slice).unwrap_or_default();
            let files = names.iter().filter(|name| name.ends_with(end));
            let files = files.map(|name| format!("{directory}/{name}"));
            files
                .flat_map(|path| get(&path, wanted))
                .collect::<Vec<_>>()
        };
        config.modules = get("/etc/modules", |_| true);
        config
            .modules
            .extend(each("/etc/modules-load.d", ".conf", |_| true));
        config
            .modules
            .extend(get("/etc/initramfs-tools/modules", |_| true));
        config.mkinitcpio = get("/etc/mkinitcpio.conf", is_mkinitcpio);
        config
            .mkinitcpio
            .extend(each("/etc/mkinitcpio.conf.d", ".conf", is_mkinitcpio));
        config.dracut = get("/etc/dracut.conf", is_dracut);
        config
            .dracut
            .extend(each("/etc/dracut.conf.d", ".conf", is_dracut));
        for path in [
            "/etc/default/grub",
            "/etc/kernel/cmdline",
            "/etc/kernel/cmdline.d/vga-stub.conf",
        ] {
            config.loader.extend(loader(source, path));
        }
        config
            .loader
            .extend(each("/etc/default/grub.d", ".cfg", is_grub));
        config.environment = get("/etc/environment", |line| {
            line.contains("DRM_DEVICE") || line.contains("WLR_")
        });
        config.xen = each("/etc/xen", ".cfg", is_xen);
        config.others = get("/etc/supergfxd.conf", |line| {
            line.contains("mode") || line.contains("vfio")
        });
        config
            .others
            .extend(get("/etc/vfio-gpu-passthrough.conf", |_| true));
        if let Datum::Known(names) = source.list("/etc/driverctl.d") {
            config.others.extend(names.iter().map(|name| {
                Line {
                    file: format!("/etc/driverctl.d/{name}"),
                    number: 1,
                    text: source
                        .value(&format!("/etc/driverctl.d/{name}"))
                        .known()
                        .cloned()
                        .unwrap_or_default(),
                }
            }));
        }
        config.others.extend(get("/etc/libvirt/hooks/qemu", |line| {
            line.contains("driver")
        }));
        config
    }

    /// Returns the words of the command line.
    pub(crate) fn words(&self) -> &[String] {
        self.cmdline.known().map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns a module's option as modprobe would give it: the last one counts, the kernel's
    /// command line comes after the files.
    pub(crate) fn option(&self, module: &str, option: &str) -> Text {
        // What cannot be read may say something else.
        if !self.unread.is_empty() || self.cmdline.needs().is_some() {
            return Text::default();
        }
        self.options(module, option).pop().unwrap_or_default()
    }

    /// Returns all that gives a module an option, in the order in which modprobe reads it.
    pub(crate) fn options(&self, module: &str, option: &str) -> Vec<Text> {
        let value = |word: &str| {
            let value = word.strip_prefix(option)?.strip_prefix('=')?;
            Some(value.trim_matches('"').to_owned())
        };
        let mut found = Vec::new();
        for line in &self.modprobe {
            let Some((name, rest)) = line.about("options") else {
                continue;
            };
            if same_module(name, module) {
                for text in quoted_words(rest).iter().filter_map(|word| value(word)) {
                    let place = line.place();
                    found.push(Text { text, place });
                }
            }
        }
        for word in self.words() {
            let Some((name, rest)) = word.split_once('.') else {
                continue;
            };
            if same_module(name, module) {
                if let Some(text) = value(rest) {
                    let place = "/proc/cmdline".into();
                    found.push(Text { text, place });
                }
            }
        }
        found
    }

    /// Returns where a word of the command line is configured: a line of the boot loader's
    /// configuration, or nothing if it is none that is known.
    pub(crate) fn configured(&self, word: &str) -> Option<&Line> {
        let has = |line: &&Line| {
            let mut words = line
                .text
                .split(|c: char| c.is_whitespace() || c == '"' || c == '\'');
            words.any(|found| found == word)
        };
        self.loader.iter().find(has)
    }
}

/// Returns the words of a line; blanks between double quotes divide nothing.
fn quoted_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        if c.is_whitespace() && !quoted {
            words.push(String::new());
        } else if let Some(last) = words.last_mut() {
            last.push(c);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Reads the kernel's command line; what tells file systems apart is cut.
fn cmdline(source: &dyn Source) -> Datum<Vec<String>> {
    let text = source.filtered("/proc/cmdline", &|text| {
        let words: Vec<_> = text.split_whitespace().map(anonymous).collect();
        words.join(" ") + "\n"
    });
    text.map(|text| text.split_whitespace().map(str::to_owned).collect())
}

/// Returns a word of the command line without what tells a file system, a host or an interface
/// apart.
fn anonymous(word: &str) -> String {
    const PRIVATE: [&str; 12] = [
        "BOOT_IMAGE",
        "root",
        "resume",
        "rootflags",
        "ip",
        "ifname",
        "nfsroot",
        "cryptdevice",
        "luks",
        "systemd.hostname",
        "ostree",
        "zfs",
    ];
    let Some((key, value)) = word.split_once('=') else {
        return word.into();
    };
    let private = PRIVATE.contains(&key)
        || key.starts_with("rd.")
        || key.starts_with("luks.")
        || value.contains("UUID");
    if private {
        format!("{key}=...")
    } else {
        word.into()
    }
}

/// Reads the lines of a file that say something.
fn lines(source: &dyn Source, path: &str, wanted: fn(&str) -> bool) -> Option<Vec<Line>> {
    let bare = |line: &str| {
        let line = line.split(" #").next().unwrap_or(line).trim().to_owned();
        (!line.is_empty() && !line.starts_with('#')).then_some(line)
    };
    let text = source.filtered(path, &|text| {
        keep_lines(&joined(text), |line| {
            bare(line).is_some_and(|line| wanted(&line))
        })
    });
    let text = match &text {
        Datum::Known(text) => text,
        Datum::Absent => return Some(Vec::new()),
        Datum::Unreadable(_) => return None,
    };
    let line = |(at, text): (usize, &str)| {
        Some(Line {
            file: path.into(),
            number: at + 1,
            text: bare(text)?,
        })
    };
    Some(text.lines().enumerate().filter_map(line).collect())
}

/// Returns a text in which a line that ends in a backslash has the next one behind it, and an
/// empty line follows in its place.
fn joined(text: &str) -> String {
    let mut out = String::new();
    let mut owed = 0;
    for line in text.lines() {
        if let Some(line) = line.strip_suffix('\\') {
            out += line;
            owed += 1;
        } else {
            out += line;
            out += &"\n".repeat(owed + 1);
            owed = 0;
        }
    }
    out
}

/// Reads the lines of a boot loader's file that hold the kernel's command line.
fn loader(source: &dyn Source, path: &str) -> Vec<Line> {
    let text = source.filtered(path, &|text| {
        let kept = keep_lines(text, |line| is_grub(line) || !path.contains("grub"));
        let lines = kept.lines().map(|line| {
            let words: Vec<_> = line.split(' ').map(anonymous_quoted).collect();
            words.join(" ") + "\n"
        });
        lines.collect()
    });
    let Datum::Known(text) = text else {
        return Vec::new();
    };
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(at, line)| Line {
            file: path.into(),
            number: at + 1,
            text: line.trim().into(),
        })
        .collect()
}

/// The same as [`anonymous`], behind the key of a shell's variable as well.
fn anonymous_quoted(word: &str) -> String {
    match word.split_once(['"', '\'']) {
        Some((variable, first)) if variable.ends_with('=') => {
            let quote = word
                .get(variable.len()..=variable.len())
                .unwrap_or_default();
            format!("{variable}{quote}{}", anonymous(first))
        }
        _ => anonymous(word),
    }
}

/// Lines of modprobe.d.
fn is_modprobe(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    matches!(first, "options" | "softdep" | "blacklist" | "install")
}

/// Lines of mkinitcpio.conf.
fn is_mkinitcpio(line: &str) -> bool {
    line.starts_with("MODULES") || line.starts_with("HOOKS")
}

/// Lines of dracut's configuration.
fn is_dracut(line: &str) -> bool {
    line.contains("drivers") || line.contains("dracutmodules")
}

/// Lines of GRUB's configuration.
fn is_grub(line: &str) -> bool {
    line.trim_start().starts_with("GRUB_CMDLINE_LINUX")
}

/// Lines of a guest of Xen.
fn is_xen(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    matches!(
        key,
        "gfx_passthru" | "pci" | "rdm" | "pci_permissive" | "device_model_args_hvm"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_which_file_system() {
        assert_eq!(anonymous("root=UUID=1234-5678"), "root=...");
        assert_eq!(anonymous("rd.luks.uuid=luks-1"), "rd.luks.uuid=...");
        assert_eq!(anonymous("intel_iommu=on"), "intel_iommu=on");
        let line = "GRUB_CMDLINE_LINUX=\"root=/dev/x quiet\"";
        assert_eq!(
            anonymous_quoted("GRUB_CMDLINE_LINUX=\"root=/dev/x"),
            "GRUB_CMDLINE_LINUX=\"root=..."
        );
        assert!(is_grub(line));
    }

    #[test]
    fn lines_that_go_on_are_one() {
        assert_eq!(joined("a \\\nb\nc\n"), "a b\n\nc\n");
    }

    #[test]
    fn lines_are_about_modules() {
        let line = |text: &str| Line {
            file: "f".into(),
            number: 1,
            text: text.into(),
        };
        assert_eq!(
            line("softdep amdgpu pre: vga_stub").about("softdep"),
            Some(("amdgpu", "pre: vga_stub"))
        );
        assert_eq!(
            line("blacklist nouveau").about("blacklist"),
            Some(("nouveau", ""))
        );
        assert_eq!(line("blacklisted").about("blacklist"), None);
    }
}
