// SPDX-License-Identifier: GPL-2.0

//! The installed kernels: which of them have the module, and what their initramfs images hold.

use std::{
    cmp::Ordering,
    collections::BTreeSet, //
};

use super::{
    bits::{
        module_name,
        pick_lines, //
    },
    Datum,
    Query,
    Source,
    Stat, //
};

/// Options of a kernel's configuration that checks go by; DRM drivers and others come from
/// modules.builtin.
const OPTIONS: [&str; 8] = [
    "CONFIG_RUST",
    "CONFIG_RUSTC_VERSION_TEXT",
    "CONFIG_INTEL_IOMMU_DEFAULT_ON",
    "CONFIG_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF",
    "CONFIG_INTEL_IOMMU",
    "CONFIG_AMD_IOMMU",
    "CONFIG_IOMMUFD",
    "CONFIG_VFIO_PCI",
];

/// An initramfs image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Where it is.
    pub(crate) path: String,
    /// When it was made, and the like.
    pub(crate) stat: Stat,
    /// The names of the files in it that concern vga-stub or load modules.
    pub(crate) files: Datum<String>,
    /// The options that vga_stub gets from it: files and what they say.
    pub(crate) options: Datum<Vec<(String, String)>>,
}

/// An installed kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kernel {
    /// Its release: `7.2.12+deb13-amd64`.
    pub(crate) release: String,
    /// Whether the machine can boot it: there is an image in /boot.
    pub(crate) bootable: bool,
    /// The module's file, from modules.dep; absent where it is not installed for this kernel.
    pub(crate) module: Datum<String>,
    /// Modules of interest that there are as files: see [`Kernels::has`].
    pub(crate) modules: Datum<BTreeSet<String>>,
    /// Modules of interest that are built in.
    pub(crate) builtin: Datum<BTreeSet<String>>,
    /// Lines of its configuration.
    pub(crate) config: Datum<String>,
    /// The metadata of the kernel's Rust crate, which modules in Rust are built with.
    pub(crate) metadata: Datum<Stat>,
    /// Its initramfs image.
    pub(crate) image: Datum<Image>,
}

impl Kernel {
    /// Returns the value of an option of its configuration; absent where it is not set.
    pub(crate) fn option(&self, name: &str) -> Datum<&str> {
        self.config.as_ref().and_then(|text| {
            let mut lines = text.lines();
            lines
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim_matches('"'))
                .into()
        })
    }
}

/// The installed kernels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kernels {
    /// The release of the one that runs.
    pub(crate) running: Datum<String>,
    /// All that there are, oldest first.
    pub(crate) all: Datum<Vec<Kernel>>,
}

impl Kernels {
    /// Reads them. `interest` has the names of modules that may be asked for.
    pub(super) fn read(source: &dyn Source, interest: &BTreeSet<String>) -> Self {
        let running = source.value("/proc/sys/kernel/osrelease");
        let boot = source.list("/boot");
        let boot = boot.known().map(Vec::as_slice).unwrap_or_default();
        let releases = source.list("/lib/modules");
        let all = releases.map(|mut releases| {
            releases.sort_by(|one, other| compare(one, other));
            let mut kernels: Vec<_> = releases
                .iter()
                .map(|release| read_kernel(source, release, boot, interest))
                .collect();
            // Listing an image takes a second: only the one that runs and the one that will.
            let newest = kernels.iter().rposition(|kernel| kernel.bootable);
            for (at, kernel) in kernels.iter_mut().enumerate() {
                if Some(at) == newest || running.known() == Some(&kernel.release) {
                    if let Datum::Known(image) = &mut kernel.image {
                        image.files = source.query(&Query::Image(image.path.clone()));
                        let options = source.query(&Query::ImageOptions(image.path.clone()));
                        image.options = options.map(|text| {
                            let lines = text.lines().filter_map(|line| line.split_once('\t'));
                            lines
                                .map(|(file, line)| (file.to_owned(), line.to_owned()))
                                .collect()
                        });
                    }
                }
            }
            kernels
        });
        Self { running, all }
    }

    /// Returns the one that runs.
    pub(crate) fn current(&self) -> Option<&Kernel> {
        let running = self.running.known()?;
        let all = self.all.known()?;
        all.iter().find(|kernel| kernel.release == *running)
    }

    /// Returns the newest that can be booted: what boot loaders take by themselves.
    pub(crate) fn next(&self) -> Option<&Kernel> {
        let all = self.all.known()?;
        all.iter().rev().find(|kernel| kernel.bootable)
    }

    /// Returns whether a module is built into the running kernel; nothing if that is not known.
    pub(crate) fn is_builtin(&self, module: &str) -> Option<bool> {
        let builtin = self.current()?.builtin.known()?;
        Some(builtin.contains(&module_name(module)))
    }

    /// Returns whether the running kernel has a module of interest, built in or as a file; nothing
    /// if that is not known.
    pub(crate) fn has(&self, module: &str) -> Option<bool> {
        let modules = self.current()?.modules.known()?;
        Some(modules.contains(&module_name(module)) || self.is_builtin(module)?)
    }
}

/// Reads what there is of a kernel.
fn read_kernel(
    source: &dyn Source,
    release: &str,
    boot: &[String],
    interest: &BTreeSet<String>,
) -> Kernel {
    let base = format!("/lib/modules/{release}");
    let pick = |text: &str| {
        let names = pick_lines(text, |line| {
            let path = line.split(':').next().unwrap_or(line);
            interest.contains(&module_name(path))
        });
        // Without what they depend on.
        let paths = names
            .lines()
            .map(|line| line.split(':').next().unwrap_or(line));
        paths.flat_map(|path| [path, ":\n"]).collect()
    };
    let dep = source.filtered(&format!("{base}/modules.dep"), &pick);
    let names = |text: &str| -> BTreeSet<_> {
        let paths = text
            .lines()
            .map(|line| line.split(':').next().unwrap_or(line));
        paths.map(module_name).collect()
    };
    let builtin = source.filtered(&format!("{base}/modules.builtin"), &pick);
    let pick_options = |text: &str| {
        pick_lines(text, |line| {
            line.split_once('=')
                .is_some_and(|(name, _)| OPTIONS.contains(&name))
        })
    };
    let config = source.filtered(&format!("/boot/config-{release}"), &pick_options);
    let config = config.or_else(|| source.filtered(&format!("{base}/config"), &pick_options));
    let there = |name: &str| boot.iter().any(|file| file == name);
    let bootable = there(&format!("vmlinuz-{release}"))
        || there(&format!("vmlinux-{release}"))
        || source.stat(&format!("{base}/vmlinuz")).known().is_some();
    let names_of_images = [
        format!("initrd.img-{release}"),
        format!("initramfs-{release}.img"),
        format!("initrd-{release}"),
    ];
    let image = names_of_images.iter().find(|name| there(name));
    let image: Datum<Image> = match image {
        None => Datum::Absent,
        Some(name) => {
            let path = format!("/boot/{name}");
            source.stat(&path).map(|stat| Image {
                path,
                stat,
                files: Datum::Absent,
                options: Datum::Absent,
            })
        }
    };
    Kernel {
        release: release.into(),
        bootable,
        module: dep.as_ref().and_then(|text| {
            let mut paths = text.lines().filter_map(|line| line.split(':').next());
            let path = paths.find(|path| module_name(path) == "vga_stub");
            path.map(|path| format!("{base}/{path}")).into()
        }),
        modules: dep.map(|text| names(&text)),
        builtin: builtin.map(|text| names(&text)),
        config,
        metadata: source.stat(&format!("{base}/build/rust/libkernel.rmeta")),
        image,
    }
}

/// Compares releases as people count: 7.10 comes after 7.9.
pub(crate) fn compare(one: &str, other: &str) -> Ordering {
    let parts = |text: &str| {
        let mut parts: Vec<(u64, String)> = Vec::new();
        let mut digits = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                digits.push(c);
            } else {
                parts.push((digits.parse().unwrap_or(0), c.to_string()));
                digits.clear();
            }
        }
        parts.push((digits.parse().unwrap_or(0), String::new()));
        parts
    };
    parts(one).cmp(&parts(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_counted_as_people_do() {
        assert_eq!(compare("7.10.1-amd64", "7.9.12-amd64"), Ordering::Greater);
        assert_eq!(
            compare("7.2.12+deb13-amd64", "7.3.4+deb13-amd64"),
            Ordering::Less
        );
        assert_eq!(compare("7.2", "7.2"), Ordering::Equal);
    }
}
