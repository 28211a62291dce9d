// SPDX-License-Identifier: GPL-2.0

//! A report as text for people.

use std::fmt::Write;

use super::{
    guest::Answer,
    report::{
        ImageReport,
        Report, //
    },
};
use crate::text::escape::printable;

/// Returns a report as text.
pub(crate) fn text(report: &Report) -> String {
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write(&mut out, report);
    out
}

/// Writes a report.
fn write(out: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(out, "{}: {} bytes", printable(&report.file), report.size)?;
    for (index, image) in report.images.iter().enumerate() {
        writeln!(out)?;
        write_image(out, index + 1, image)?;
    }
    writeln!(out)?;
    if let Some(fault) = &report.fault {
        let number = fault.image;
        writeln!(out, "Image {number} at {:#x} {}", fault.offset, fault.what)?;
    }
    write_place(out, report)?;
    writeln!(out, "Status: {}: {}", report.status, report.explanation)?;
    let once = if report.rom_offset > 0 {
        ", once extracted"
    } else {
        ""
    };
    write_answer(
        out,
        &format!("a BIOS guest{once}"),
        &report.verdict.bios_guest,
    )?;
    write_answer(
        out,
        &format!("an OVMF guest{once}"),
        &report.verdict.ovmf_guest,
    )
}

/// Writes where the ROM is in the file, and what is before and after it.
fn write_place(out: &mut String, report: &Report) -> std::fmt::Result {
    let size = report.rom_size;
    match (&report.before, &report.after) {
        (None, None) => return Ok(()),
        (None, Some(_)) => write!(out, "The ROM is the first {size} bytes")?,
        (Some(before), _) => write!(
            out,
            "The ROM is {size} bytes from byte {} on, behind {}",
            before.size, before.what
        )?,
    }
    if let Some(after) = &report.after {
        write!(out, "; {} follow: {}", after.size, after.what)?;
    }
    writeln!(out)?;
    for image in report.after.iter().flat_map(|after| &after.images) {
        writeln!(
            out,
            "  image at {:#x}: code type {:#x}, {} bytes",
            image.offset, image.code_type, image.size
        )?;
    }
    Ok(())
}

/// Writes what is said of an image.
fn write_image(out: &mut String, number: usize, image: &ImageReport) -> std::fmt::Result {
    let kind = match image.kind {
        "legacy" => "legacy x86".into(),
        "open-firmware" => "Open Firmware".into(),
        "pa-risc" => "HP PA-RISC".into(),
        "efi" => "EFI".into(),
        "nvidia" => format!("NVIDIA's own, code type {:#x}", image.code_type),
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
    let boots = match answer.boots {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    };
    writeln!(out, "Boots {guest}: {boots}: {}", answer.why)
}
