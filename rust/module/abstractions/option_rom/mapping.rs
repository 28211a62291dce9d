// SPDX-License-Identifier: GPL-2.0

//! Physical memory, mapped for reading.
//!
//! C header: `include/linux/io.h`

use super::Bytes;
use core::ptr::NonNull;
use kernel::{
    bindings,
    prelude::*, //
};

/// A range of physical addresses, mapped for reading.
///
/// # Invariants
///
/// `base` is a mapping of `len` bytes that is ours, and a multiple of 4.
pub(crate) struct Mapping {
    base: NonNull<c_void>,
    len: usize,
}

impl Mapping {
    /// Maps `len` bytes from the physical address `start`.
    ///
    /// # Errors
    ///
    /// `ENOMEM`: no room for the mapping. `ENXIO`: nothing to map. `EINVAL`: `start` is not a
    /// multiple of 4.
    pub(super) fn new(start: u64, len: u64) -> Result<Self> {
        if start == 0 || len == 0 {
            return Err(ENXIO);
        }
        if start % 4 != 0 {
            return Err(EINVAL);
        }

        let len = usize::try_from(len)?;
        // SAFETY: Mapping any range of physical addresses is allowed; what reading does to the
        // hardware is for the callers in this file to answer.
        let base = unsafe { bindings::ioremap(start, len) };

        // INVARIANT: The mapping was just made. Pages are mapped whole, so that `start` and `base`
        // are at the same place in theirs.
        Ok(Self {
            base: NonNull::new(base).ok_or(ENOMEM)?,
            len,
        })
    }
}

impl Bytes for Mapping {
    fn limit(&self) -> usize {
        self.len
    }

    /// Reads dwords only, each once: wider reads raise errors on some cards, and narrower ones take
    /// longer.
    fn read_to(&mut self, buffer: &mut KVVec<u8>, end: usize) -> Result {
        let mut offset = buffer.len();

        if end > self.len || offset % 4 != 0 || end % 4 != 0 {
            return Err(EINVAL);
        }
        buffer.resize(end, 0, GFP_KERNEL)?;
        while let Some(bytes) = buffer
            .get_mut(offset..)
            .and_then(|rest| rest.first_chunk_mut())
        {
            // SAFETY: The buffer is as long as `end`, so that `offset + 4` is within the mapping.
            // By the type invariant `base` is a multiple of 4, and so is `offset`.
            let dword = unsafe { bindings::readl(self.base.as_ptr().wrapping_byte_add(offset)) };

            *bytes = dword.to_le_bytes();
            offset = offset.saturating_add(4);
        }
        Ok(())
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the mapping is ours.
        unsafe { bindings::iounmap(self.base.as_ptr()) };
    }
}
