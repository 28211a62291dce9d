// SPDX-License-Identifier: GPL-2.0

//! What can be wrong, a file for each: its texts, how it is seen, and its tests.
//!
//! A check is a pure function over a [`Host`]. What it cannot see is `unknown`, never a failure.

// Each is what its file says at its head.
#![allow(clippy::missing_docs_in_private_items)]

mod above_4g;
mod acs_override;
mod amd_reset;
mod arbiter;
mod arbiter_lock;
mod atomic;
mod audio_host;
mod blacklist;
mod boot_vga;
mod bootfb;
mod builtin_host;
mod card0;
mod code43;
mod d3cold;
mod dead;
mod dgpu_off;
mod dkms_kernel;
mod finding;
mod group_split;
mod group_stranger;
mod group_viable;
mod groups_changed;
mod held_open;
mod host_first;
mod hugepages;
mod igd;
mod in_use;
mod initramfs_module;
mod initramfs_options;
mod initramfs_order;
mod iommu_firmware;
mod iommu_igd;
mod iommu_kernel;
mod iommu_pt;
mod iommufd;
mod irq_remap;
mod irqchip;
mod kernel_old;
mod kvm_off;
mod late_bind;
mod leftovers;
mod lsm;
mod memlock;
mod msi;
mod mux;
mod muxless;
mod no_reset;
mod no_rust;
mod nosnoop;
mod not_loaded;
mod nvidia_unbind;
mod only_display;
mod override_left;
mod param_bad;
mod place_moved;
mod ram;
mod rebar;
mod reset_bus_only;
mod reset_regress;
mod rival;
mod rmrr;
mod rom_bad;
mod rom_laptop;
mod rom_no_efi;
mod rom_no_legacy;
mod rom_shadow;
mod rombar_off;
mod romfile;
mod secure_boot;
mod softdep_wrong;
mod stuck_unbind;
#[cfg(test)]
mod testing;
mod twins;
mod unsafe_needless;
mod usb_host;
mod vfio_builtin;
mod vfio_perm;
mod virqfd;
mod x_vga;
mod xen;
mod xen_gfx;
mod xen_reset;
mod xml_partial;

pub(crate) use self::finding::{
    fail,
    unknown,
    Finding,
    Level,
    Subject, //
};
use crate::facts::Host;

/// What checks are written with.
mod prelude {
    #[cfg(test)]
    pub(super) use super::testing::Case;
    pub(super) use super::{
        finding::*,
        Check, //
    };
    #[cfg(test)]
    pub(super) use crate::facts::testing::good;
    pub(super) use crate::facts::{
        pci::{
            is_holder,
            is_vfio, //
        },
        Datum,
        Function,
        Host, //
    };
}

/// A thing that can be wrong.
#[derive(Debug)]
pub(crate) struct Check {
    /// Its stable name.
    pub(crate) id: &'static str,
    /// Other names for `explain`: the questions of an old list, `q1` to `q10`.
    pub(crate) aliases: &'static [&'static str],
    /// What it looks for, as a noun.
    pub(crate) title: &'static str,
    /// What it is, why it is so, and what it costs to ignore; an empty line divides paragraphs.
    pub(crate) about: &'static str,
    /// Where it is written down: the kernel's files, specifications, threads.
    pub(crate) sources: &'static [&'static str],
    /// What messages of the kernel's log have that this explains.
    pub(crate) log: &'static [&'static str],
    /// Looks.
    pub(crate) run: fn(&Host) -> Vec<Finding>,
}

/// Makes the tables of checks from the names of their modules.
macro_rules! checks {
    ($($name:ident)*) => {
        /// All checks, in the order in which they are explained.
        pub(crate) const ALL: &[&Check] = &[$(&$name::CHECK),*];

        /// For each, a machine on which it fires and one on which it must not.
        #[cfg(test)]
        const CASES: &[(&Check, testing::Case)] = &[$((&$name::CHECK, $name::CASE)),*];
    };
}

checks! {
    iommu_firmware iommu_kernel iommu_igd kvm_off irq_remap unsafe_needless rmrr iommu_pt iommufd
    acs_override groups_changed
    group_viable group_stranger group_split audio_host usb_host xml_partial twins
    host_first not_loaded dkms_kernel no_rust kernel_old secure_boot atomic initramfs_module
    initramfs_options initramfs_order builtin_host softdep_wrong vfio_builtin rival blacklist
    leftovers virqfd param_bad place_moved override_left
    bootfb boot_vga only_display card0 held_open nvidia_unbind stuck_unbind arbiter arbiter_lock
    rom_shadow rom_no_efi rom_no_legacy rom_bad romfile rombar_off rom_laptop
    no_reset reset_bus_only amd_reset d3cold dead late_bind reset_regress in_use
    rebar above_4g
    code43 x_vga msi memlock ram hugepages vfio_perm lsm irqchip
    mux muxless dgpu_off igd xen xen_reset xen_gfx nosnoop
}

/// Returns the check of a name or another name.
pub(crate) fn find(name: &str) -> Option<&'static Check> {
    let mut checks = ALL.iter();
    let is = |check: &&&Check| check.id == name || check.aliases.contains(&name);
    checks.find(is).copied()
}

/// Runs all checks, and returns what they have found: machine, boot, cards, domains; in each the
/// worst first.
pub(crate) fn run(host: &Host) -> Vec<Finding> {
    let mut findings: Vec<_> = ALL.iter().flat_map(|check| run_one(check, host)).collect();
    findings.sort_by(|one, other| {
        let key = |finding: &Finding| {
            let part = match &finding.subject {
                Subject::Machine => 0,
                Subject::Boot => 1,
                Subject::Card(_) | Subject::Function(..) => 2,
                Subject::Domain(_) => 3,
            };
            (part, finding.subject.slot(), finding.level)
        };
        key(one).cmp(&key(other))
    });
    findings
}

/// Runs a check.
fn run_one(check: &Check, host: &Host) -> Vec<Finding> {
    let mut findings = (check.run)(host);
    for finding in &mut findings {
        finding.id = check.id;
    }
    if !host.asked.is_empty() {
        findings.retain(|finding| {
            finding
                .subject
                .slot()
                .is_none_or(|slot| host.asked.contains(&slot))
        });
    }
    findings
}
