// SPDX-License-Identifier: GPL-2.0

//! A report as text for people.

use std::fmt::Write;

use super::report::{
    Answer,
    ImageReport,
    Report, //
};

/// Returns a report as text.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut out, report);
    out
}

/// Writes a report.
fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "{}: {} bytes", report.file, report.size)?;
    for (index, image) in report.images.iter().enumerate() {
        writeln!(out)?;
        write_image(out, index + 1, image)?;
    }
    writeln!(out)?;
    if let Some(fault) = &report.fault {
        let number = fault.image;
        writeln!(out, "Image {number} at {:#x} {}", fault.offset, fault.what)?;
    }
    match report.size.saturating_sub(report.rom_size) {
        0 => {}
        rest => writeln!(
            out,
            "The ROM is the first {} bytes; {rest} follow",
            report.rom_size
        )?,
    }
    writeln!(out, "Status: {}: {}", report.status, report.explanation)?;
    write_answer(out, "a BIOS guest", &report.verdict.bios_guest)?;
    write_answer(out, "an OVMF guest", &report.verdict.ovmf_guest)
}

/// Writes what is said of an image.
fn write_image(out: &mut String, number: usize, image: &ImageReport) -> std::fmt::Result {
    let kind = match image.kind {
        "legacy" => "legacy x86".into(),
        "open-firmware" => "Open Firmware".into(),
        "pa-risc" => "HP PA-RISC".into(),
        "efi" => "EFI".into(),
        _ => format!("code type {:#x}, known to its vendor", image.code_type),
    };
    let last = if image.last { ", last" } else { "" };
    writeln!(
        out,
        "Image {number} at {:#x}: {kind}, {} bytes{last}",
        image.offset, image.size
    )?;

    let fits = match image.fits {
        Some(true) => ": fits",
        Some(false) => ": does not fit",
        None => "",
    };
    let (vendor, device) = (image.vendor, image.device);
    writeln!(
        out,
        "  for       {vendor}:{device}, class {}{fits}",
        image.class
    )?;
    if !image.device_list.is_empty() {
        let devices: Vec<_> = image.device_list.iter().map(ToString::to_string).collect();
        writeln!(out, "  also for  {}", devices.join(" "))?;
    }
    writeln!(
        out,
        "  PCIR      revision {} at {:#x}, {} bytes; code revision {:#06x}",
        image.pcir_revision, image.pcir_offset, image.pcir_size, image.vendor_revision
    )?;
    if let Some(efi) = &image.efi {
        let packed = match efi.compression {
            0 => "not compressed",
            1 => "compressed",
            _ => "compressed in an unknown way",
        };
        writeln!(
            out,
            "  EFI       {} ({}), {} ({}), {packed}, program at {:#x}",
            efi.machine, efi.machine_code, efi.subsystem, efi.subsystem_code, efi.program_offset
        )?;
    }
    match (image.checksum_ok, image.sum) {
        (Some(true), _) => writeln!(out, "  checksum  right"),
        (Some(false), Some(sum)) => {
            writeln!(out, "  checksum  wrong: the sum is {sum:#04x}, not 0")
        }
        (Some(false), None) => writeln!(
            out,
            "  checksum  wrong: the header says that {} bytes are to be run",
            image.initialization_size
        ),
        (None, _) => Ok(()),
    }
}

/// Writes whether a guest boots.
fn write_answer(out: &mut String, guest: &str, answer: &Answer) -> std::fmt::Result {
    let boots = if answer.boots { "yes" } else { "no" };
    writeln!(out, "Boots {guest}: {boots}: {}", answer.why)
}
