// SPDX-License-Identifier: GPL-2.0

//! A ROM of which only the first bytes were read so far.

use super::whole_sectors;

/// So many bytes from the ROM's start are needed to go on: more than there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need(pub(super) usize);

/// A ROM of `limit` bytes, of which `bytes` are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    /// What was read, no more than the limit.
    bytes: &'a [u8],
    /// The size of the ROM.
    pub(super) limit: usize,
}

impl<'a> View<'a> {
    /// Returns a view of a ROM, of which `prefix` was read.
    pub(super) fn new(prefix: &'a [u8], limit: usize) -> Self {
        Self {
            bytes: prefix.get(..limit).unwrap_or(prefix),
            limit,
        }
    }

    /// Returns a view of a ROM that is there as a whole.
    pub(super) fn whole(rom: &'a [u8]) -> Self {
        Self::new(rom, rom.len())
    }

    /// Returns what was read from `at` on.
    pub(super) fn tail(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }

    /// Returns the bytes at `at`, or nothing where the ROM ends before they do.
    pub(super) fn get<const N: usize>(&self, at: usize) -> Result<Option<&'a [u8; N]>, Need> {
        let end = at.saturating_add(N);

        match self.tail(at).first_chunk() {
            Some(bytes) => Ok(Some(bytes)),
            None if end > self.limit => Ok(None),
            None => Err(Need(whole_sectors(end).min(self.limit))),
        }
    }

    /// Returns how much to read next, where `size` bytes are needed: an eighth more than what is
    /// there, at least, so that a long walk by short steps does not start anew at each of them.
    pub(super) fn next_size(&self, size: usize) -> usize {
        let here = self.bytes.len();
        let more = whole_sectors(here.saturating_add(here / 8));

        size.max(more).min(self.limit)
    }
}
