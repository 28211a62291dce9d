// SPDX-License-Identifier: GPL-2.0

//! Abstractions for the kernel's C interfaces that the `kernel` crate does not have yet.
//!
//! All `unsafe` code of the module is in this directory. What is above it is safe Rust and relies
//! on the types here, as if they stood in `rust/kernel/`.

pub(crate) mod acpi;
pub(crate) mod aperture;
pub(crate) mod bus;
pub(crate) mod class;
pub(crate) mod detached;
pub(crate) mod device;
pub(crate) mod iommu;
mod kthread;
#[macro_use]
pub(crate) mod modules;
pub(crate) mod option_rom;
#[macro_use]
pub(crate) mod params;
pub(crate) mod pci;
pub(crate) mod pci_driver;
pub(crate) mod runtime_pm;
#[macro_use]
pub(crate) mod statics;
pub(crate) mod task;
pub(crate) mod vfio;
pub(crate) mod vgaarb;
pub(crate) mod workqueue;
pub(crate) mod xen;

/// Bindings for the headers that the kernel's own bindings lack, made by bindgen during the build:
/// see `Kbuild` and `bindings_helper.h`.
#[allow(
    dead_code,
    improper_ctypes,
    missing_docs,
    non_camel_case_types,
    non_upper_case_globals,
    unreachable_pub,
    clippy::all
)]
mod bindings {
    include!(env!("VGA_STUB_BINDINGS"));
}
