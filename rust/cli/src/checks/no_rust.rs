// SPDX-License-Identifier: GPL-2.0

//! The kernel has no Rust, or another compiler built it.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "no-rust",
    aliases: &[],
    title: "a kernel with Rust",
    about: "vga-stub is written in Rust and needs a kernel that was built with \
             CONFIG_RUST=y. To build it, the metadata of the kernel's own Rust crates \
             (rust/libkernel.rmeta) and the very compiler that built the kernel are \
             needed: the version is in CONFIG_RUSTC_VERSION_TEXT. Debian's headers \
             lack the metadata; the package makes it from the kernel's source.",
    sources: &[
        "Documentation/rust/quick-start.rst",
        "armbian/build#10117",
        "raspberrypi/linux#7289",
    ],
    log: &[],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    let mut kernels: Vec<_> = host
        .kernels
        .current()
        .into_iter()
        .chain(host.kernels.next())
        .collect();
    kernels.dedup_by_key(|kernel| kernel.release.clone());
    let mut found = vec![];
    for kernel in kernels {
        if kernel.module.known().is_some() || kernel.module.needs().is_some() {
            continue;
        }
        let source = format!("/boot/config-{}", kernel.release);
        let Datum::Known(_) = &kernel.config else {
            found.push(unknown(
                Subject::Boot,
                format!("whether Linux {} has Rust", kernel.release),
                source,
            ));
            continue;
        };
        if kernel.option("CONFIG_RUST") != Datum::Known("y") {
            found.push(
                fail(
                    Subject::Boot,
                    format!(
                        "Linux {} has no Rust: vga-stub cannot run on it",
                        kernel.release
                    ),
                )
                .advice("Use a kernel with CONFIG_RUST=y; Documentation/install.rst has a list.")
                .seen(source, "CONFIG_RUST is not set"),
            );
            continue;
        }
        let (wanted, there) = (
            kernel.option("CONFIG_RUSTC_VERSION_TEXT"),
            host.system.rustc.known(),
        );
        let version = |text: &str| text.split_whitespace().nth(1).map(str::to_owned);
        if let (Datum::Known(wanted), Some(there)) = (wanted, there) {
            if version(wanted).is_some() && version(wanted) != version(there) {
                found.push(
                    warn(
                        Subject::Boot,
                        format!(
                            "Linux {} was built with {}, and here is {}",
                            kernel.release,
                            version(wanted).unwrap_or_default(),
                            version(there).unwrap_or_default()
                        ),
                    )
                    .detail(
                        "The kernel's Rust crates can only be used with the compiler that built \
             the kernel.",
                    )
                    .advice("Install that version of rustc.")
                    .seen(source, wanted)
                    .seen("rustc --version", there.trim()),
                );
            }
        }
    }
    found
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good().modules(&["kernel/i915.ko"]).file(
            "/boot/config-7.2.12+deb13-amd64",
            "CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n",
        )
    },
    level: Level::Fail,
    says: "has no Rust",
    near: || good().modules(&["kernel/i915.ko"]),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_compiler() {
        let machine = good()
            .modules(&["kernel/i915.ko"])
            .query("rustc", "rustc 1.90.0 (x)\n");
        assert!(run(&machine.host())[0]
            .summary
            .ends_with("was built with 1.85.1, and here is 1.90.0"));
        assert_eq!(
            run(&machine.query("rustc", "rustc 1.85.1 (y)\n").host()),
            []
        );
    }
}
