// SPDX-License-Identifier: GPL-2.0

//! Numbers in tables that come from outside, little-endian as everything of the PCI and ACPI
//! specifications.

/// Returns the 16-bit value at `at`, or nothing where the bytes end before it does.
#[inline]
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u16::from_le_bytes)
}

/// Returns the 32-bit value at `at`, or nothing where the bytes end before it does.
#[inline]
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..)?
        .first_chunk()
        .copied()
        .map(u32::from_le_bytes)
}
