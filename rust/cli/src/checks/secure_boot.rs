// SPDX-License-Identifier: GPL-2.0

//! Secure Boot refuses the module.

use super::prelude::*;

pub(super) const CHECK: Check = Check {
    id: "secure-boot",
    aliases: &[],
    title: "a module that Secure Boot takes",
    about: "With Secure Boot on, the kernel loads modules only if it knows the key \
             that signed them. DKMS signs what it builds with a key of this machine, \
             which the firmware has to be told of once: mokutil asks for a password, \
             and MokManager asks for it again at the next boot.",
    sources: &[
        "Documentation/admin-guide/module-signing.rst",
        "dell/dkms#347",
        "linux-surface#906",
    ],
    log: &[
        "Loading of unsigned module is rejected",
        "Loading of module with unavailable key is rejected",
    ],
    run,
};

fn run(host: &Host) -> Vec<Finding> {
    match &host.system.secure_boot {
        Datum::Known(true) => {}
        Datum::Unreadable(needs) => {
            return vec![unknown(
                Subject::Boot,
                "whether Secure Boot is on",
                needs.clone(),
            )]
        }
        _ => return vec![],
    }
    if host.selection.loaded.known().is_some() {
        return vec![fine(Subject::Boot, "Secure Boot takes the module")];
    }
    if !host.selection.loaded.is_absent() {
        return vec![];
    }
    let found = |source: &str, text: &str| {
        vec![fail(
            Subject::Boot,
            "Secure Boot is on, and the firmware does not know DKMS's key",
        )
        .detail(
            "The kernel refuses modules that are signed with a key that it does not \
             know.",
        )
        .command(
            "mokutil --import /var/lib/dkms/mok.pub",
            "Then reboot and answer MokManager with the same password",
        )
        .reboot()
        .seen("/sys/firmware/efi/efivars/SecureBoot-*", "1")
        .seen(source, text)]
    };
    if let Some(line) = host.system.logged(&["Loading of", "is rejected"]) {
        return found("kernel log", line);
    }
    match &host.system.mok_key {
        Datum::Known(text) if text.contains("is not enrolled") => {
            found("mokutil --test-key /var/lib/dkms/mok.pub", text.trim())
        }
        Datum::Known(_) => vec![],
        Datum::Absent => vec![unknown(
            Subject::Boot,
            "whether the firmware knows the key of DKMS",
            "mokutil",
        )],
        Datum::Unreadable(needs) => vec![unknown(
            Subject::Boot,
            "whether the firmware knows the key of DKMS",
            needs.clone(),
        )],
    }
}

#[cfg(test)]
pub(super) const CASE: Case = Case {
    bad: || {
        good()
            .gone("/sys/module/vga_stub")
            .bytes(
                "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                &[6, 0, 0, 0, 1],
            )
            .query("mok-key", "/var/lib/dkms/mok.pub is not enrolled\n")
    },
    level: Level::Fail,
    says: "the firmware does not know DKMS's key",
    near: || {
        good()
            .gone("/sys/module/vga_stub")
            .bytes(
                "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                &[6, 0, 0, 0, 0],
            )
            .query("mok-key", "/var/lib/dkms/mok.pub is not enrolled\n")
    },
};
